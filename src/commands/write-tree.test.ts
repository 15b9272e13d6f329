import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withScratch, type Scratch } from "../../tests/support/scratch.ts";
import { DiagnosticError } from "../diagnostic.ts";
import type { FileTree } from "../model.ts";
import { adoptFile, treeChanges, writeTree } from "./write-tree.ts";

const tree = (files: Readonly<Record<string, string>>, mode = 0o600): FileTree =>
  new Map(Object.entries(files).map(([path, text]) => [path, { mode, bytes: Buffer.from(text) }]));

const files = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== ".kimg-render.json")
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
};

const scratch = (use: (scratch: Scratch & { readonly out: string }) => Promise<void>) => () =>
  withScratch((made) => use({ ...made, out: join(made.folder, "build/prod") }));

const within = (path: string): boolean => path.startsWith("a/");

describe("a tree on disk", () => {
  it(
    "is written, with modes, and then nothing changes",
    scratch(async ({ io, out }) => {
      expect(await writeTree(io, out, tree({ "a/x": "1", b: "2" }))).toEqual({ written: 2, removed: [], kept: [] });
      expect((await stat(join(out, "a/x"))).mode & 0o777).toBe(0o600);
      expect(await writeTree(io, out, tree({ "a/x": "1", b: "2" }))).toEqual({ written: 0, removed: [], kept: [] });
    }),
  );

  it.each(["", "<<<<<<< HEAD", "{}", '{"version":1,"files":{"a":1}}'])(
    "is left alone where the list of what was written is %j",
    async (list) => {
      await scratch(async ({ io, out }) => {
        await writeTree(io, out, tree({ a: "1" }));
        await writeFile(join(out, ".kimg-render.json"), list);
        await expect(writeTree(io, out, tree({ a: "2" }))).rejects.toMatchObject({
          diagnostics: [{ code: "render/list-damaged" }],
        });
        expect(await readFile(join(out, "a"), "utf8")).toBe("1");
      })();
    },
  );

  it(
    "gets what changed, in content or in mode",
    scratch(async ({ io, out }) => {
      await writeTree(io, out, tree({ a: "1", b: "2" }));
      expect(await writeTree(io, out, tree({ a: "1", b: "3" }))).toMatchObject({ written: 1 });
      await chmod(join(out, "a"), 0o644);
      expect(await writeTree(io, out, tree({ a: "1", b: "3" }))).toMatchObject({ written: 1 });
      expect((await stat(join(out, "a"))).mode & 0o777).toBe(0o600);
    }),
  );

  it(
    "loses what it was given before and is no more, empty folders too, and nothing else",
    scratch(async ({ io, out }) => {
      await writeTree(io, out, tree({ "gone/deep/x": "1", "stays/y": "2" }));
      await writeFile(join(out, "stays/own"), "mine");
      await mkdir(join(out, "empty"));
      expect(await writeTree(io, out, tree({ "stays/z": "3" }))).toMatchObject({ removed: ["gone/deep/x", "stays/y"] });
      expect(await files(out)).toEqual(["stays/own", "stays/z"]);
      expect((await readdir(out)).toSorted()).toEqual([".kimg-render.json", "empty", "stays"]);
    }),
  );

  it(
    "keeps what somebody has changed",
    scratch(async ({ io, out }) => {
      await writeTree(io, out, tree({ a: "1" }));
      await writeFile(join(out, "a"), "by hand");
      expect(await writeTree(io, out, tree({ b: "2" }))).toEqual({ written: 1, removed: [], kept: [join(out, "a")] });
      expect(await files(out)).toEqual(["a", "b"]);
    }),
  );

  it(
    "never takes the place of a file that it did not write",
    scratch(async ({ io, out }) => {
      await mkdir(out, { recursive: true });
      await writeFile(join(out, "a"), "mine");
      const error = await writeTree(io, out, tree({ a: "1", b: "2" })).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DiagnosticError);
      expect((error as DiagnosticError).diagnostics[0]).toMatchObject({ code: "render/not-ours" });
      expect([await files(out), await readFile(join(out, "a"), "utf8")]).toEqual([["a"], "mine"]);
    }),
  );

  it(
    "never overwrites what somebody has changed since",
    scratch(async ({ io, out }) => {
      await writeTree(io, out, tree({ a: "1", b: "2" }));
      await writeFile(join(out, "a"), "by hand");
      await expect(writeTree(io, out, tree({ a: "3", b: "4" }))).rejects.toMatchObject({
        diagnostics: [{ code: "render/not-ours", message: expect.stringMatching(/\/a is in the way/) as string }],
      });
      expect([await readFile(join(out, "a"), "utf8"), await readFile(join(out, "b"), "utf8")]).toEqual([
        "by hand",
        "2",
      ]);
      await rm(join(out, "a"));
      expect(await writeTree(io, out, tree({ a: "3", b: "4" }))).toMatchObject({ written: 2, kept: [] });
    }),
  );

  it(
    "knows its own files when several runs were cut short before they came to them",
    scratch(async ({ io, out }) => {
      const write = async (path: string, content: Uint8Array | string, mode?: number): Promise<void> => {
        if (path.endsWith("/a")) throw new Error("no space");
        await io.files.write(path, content, mode);
      };
      const cut = { ...io, files: { ...io.files, write } };
      await writeTree(io, out, tree({ a: "1" }));
      for (const text of ["2", "3"]) await expect(writeTree(cut, out, tree({ a: text }))).rejects.toThrow("no space");
      expect(await writeTree(io, out, tree({ a: "4" }))).toMatchObject({ written: 1 });
      await writeFile(join(out, "a"), "1");
      await expect(writeTree(io, out, tree({ a: "5" }))).rejects.toBeInstanceOf(DiagnosticError);
    }),
  );

  it(
    "is finished by the next run when one was cut short",
    scratch(async ({ io, out }) => {
      const cut = {
        ...io,
        files: {
          ...io.files,
          write: async (path: string, content: Uint8Array | string, mode?: number) => {
            if (path.endsWith("/b")) throw new Error("no space");
            await io.files.write(path, content, mode);
          },
        },
      };
      await expect(writeTree(cut, out, tree({ a: "1", b: "2" }))).rejects.toThrow("no space");
      expect(await writeTree(io, out, tree({ a: "other", b: "2" }))).toMatchObject({ written: 2 });
      await rm(join(out, "b"));
      expect(await writeTree(io, out, tree({ a: "other" }))).toMatchObject({ removed: [], kept: [] });
    }),
  );

  it(
    "removes what it was told to take for its own",
    scratch(async ({ io, out }) => {
      await adoptFile(io, out, "big", createHash("sha256").update("whole").digest("hex"));
      await writeFile(join(out, "big"), "whole");
      expect(await writeTree(io, out, tree({ a: "1" }))).toMatchObject({ written: 1, removed: ["big"], kept: [] });
      expect(await files(out)).toEqual(["a"]);
      await writeFile(join(out, "big"), "mine");
      await expect(adoptFile(io, out, "big", "")).rejects.toBeInstanceOf(DiagnosticError);
    }),
  );

  it(
    "has a list that only its owner reads",
    scratch(async ({ io, out }) => {
      await writeTree(io, out, tree({ a: "1" }));
      expect((await stat(join(out, ".kimg-render.json"))).mode & 0o777).toBe(0o600);
    }),
  );

  it(
    "of which a part is written keeps the rest, and still knows it",
    scratch(async ({ io, out }) => {
      await writeTree(io, out, tree({ "a/x": "1", "a/y": "2", "b/x": "3" }));
      expect(await writeTree(io, out, tree({ "a/x": "other" }), within)).toEqual({
        ...{ written: 1, removed: ["a/y"], kept: [] },
      });
      expect(await files(out)).toEqual(["a/x", "b/x"]);
      expect(await writeTree(io, out, tree({ "a/x": "other" }))).toMatchObject({ written: 0, removed: ["b/x"] });
    }),
  );

  it(
    "says what it would change, and changes nothing",
    scratch(async ({ io, out }) => {
      await writeTree(io, out, tree({ a: "1", b: "2" }));
      const { changed, stale, foreign } = await treeChanges(io, out, tree({ a: "other", c: "3" }));
      expect([changed.map(([path]) => path), stale.map(([path]) => path), foreign]).toEqual([["a", "c"], ["b"], []]);
      expect(await readFile(join(out, "a"), "utf8")).toBe("1");
    }),
  );
});
