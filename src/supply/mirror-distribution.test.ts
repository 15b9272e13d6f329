import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Scratch, withScratch } from "../../tests/support/scratch.ts";
import type { BuildRequest, LockEntry } from "../model.ts";
import { buildDeb } from "./deb.ts";
import { imageIndex, mirrorArchives, toolsIndex } from "./mirror-archives.ts";
import { mergePackages, writeDistribution } from "./mirror-distribution.ts";
import { writeMirrorLock } from "./mirror-lock.ts";

const epoch = 1_700_000_000;

/** An archive's package; apt fetches `copy:` as it fetches `http:`. */
const publish = async ({ io, folder }: Scratch, name: string): Promise<LockEntry> => {
  const pool = join(folder, "archive");
  await mkdir(pool, { recursive: true });
  const words = { summary: "s", homepage: "h", depends: [], recommends: [], configuration: [] };
  const content = { name, version: "1:2.0-1", architecture: "amd64", ...words, tree: new Map() } as const;
  const { fileName, sha256 } = await buildDeb(io, content, pool, epoch);
  const source = `copy:${join(pool, fileName)}`;
  return { kind: "distribution-package", name, version: content.version, source, sha256 };
};

const request = (mirror: string, more: { image?: string; packages?: string[] } = {}): BuildRequest =>
  ({
    image: { name: more.image ?? "debian-13", packages: ["haproxy"] },
    role: { name: "own", packages: more.packages ?? [] },
    kubernetes: { version: "1.37.2", from: "mirror", mirror },
  }) as unknown as BuildRequest;

/** A mirror with haproxy for an image and mtools for the tools. */
const makeMirror = async (scratch: Scratch): Promise<{ folder: string; haproxy: LockEntry; mtools: LockEntry }> => {
  const folder = join(scratch.folder, "a mirror");
  const [haproxy, mtools] = [await publish(scratch, "haproxy"), await publish(scratch, "mtools")];
  const indexes = [
    { path: imageIndex("debian-13"), suite: "trixie", packages: [haproxy] },
    { path: toolsIndex, suite: "trixie", packages: [haproxy, mtools] },
  ];
  const { files, entries } = await writeDistribution(scratch.io, folder, indexes, epoch);
  const lock = { version: 1, kubernetes: "1.37.2", architecture: "amd64", files, entries: [...entries] } as const;
  await writeMirrorLock(scratch.io, folder, { ...lock, entries: [...entries] });
  return { folder, haproxy, mtools };
};

describe("a mirror's packages of the distribution", () => {
  it("lie in one pool, each index with its own", () =>
    withScratch(async (scratch) => {
      const { folder, haproxy, mtools } = await makeMirror(scratch);
      const archives = await mirrorArchives(scratch.io, request(folder));
      expect(archives?.image).toMatchObject({ folder: join(folder, "distribution"), index: "images/debian-13" });
      expect(archives?.image.names).toEqual(new Set(["haproxy"]));
      expect(archives?.tools.names).toEqual(new Set(["haproxy", "mtools"]));
      expect(archives?.tools.packages).toEqual([haproxy, mtools]);
      const index = await scratch.io.files.readText(join(folder, "distribution/images/debian-13/Packages"));
      expect(index).toContain(`Package: haproxy\nVersion: 1:2.0-1\n`);
      expect(index).toContain("Filename: ./pool/haproxy_");
      expect(await scratch.io.files.list(join(folder, "distribution/pool"))).toHaveLength(2);
      const release = await scratch.io.files.readText(join(folder, "distribution/tools/Release"));
      expect(release).toContain("Origin: Debian\nLabel: Debian\nCodename: trixie\n");
    }));

  it("have the same identity wherever the mirror lies", () =>
    withScratch(async (scratch) => {
      const { folder } = await makeMirror(scratch);
      const elsewhere = join(scratch.folder, "elsewhere");
      const before = await mirrorArchives(scratch.io, request(folder));
      await scratch.io.files.rename(folder, elsewhere);
      const after = await mirrorArchives(scratch.io, request(elsewhere));
      expect(after?.image.id).toBe(before?.image.id);
      expect(after?.image.folder).not.toBe(before?.image.folder);
    }));

  it("are refused when an index was changed", () =>
    withScratch(async (scratch) => {
      const { folder } = await makeMirror(scratch);
      await scratch.io.files.write(join(folder, "distribution/images/debian-13/Packages"), "Package: other\n");
      await expect(mirrorArchives(scratch.io, request(folder))).rejects.toMatchObject({
        name: "ToolError",
        doing: expect.stringContaining("images/debian-13/Packages"),
      });
    }));

  it("are refused for a role or an image that they are not enough for", () =>
    withScratch(async (scratch) => {
      const { folder } = await makeMirror(scratch);
      await expect(mirrorArchives(scratch.io, request(folder, { packages: ["keepalived"] }))).rejects.toMatchObject({
        diagnostics: [
          { code: "mirror/missing", message: expect.stringContaining("no package keepalived, which the role own") },
        ],
      });
      await expect(mirrorArchives(scratch.io, request(folder, { image: "debian-12" }))).rejects.toMatchObject({
        diagnostics: [{ code: "mirror/missing", hint: expect.stringContaining("made for debian-13") }],
      });
    }));

  it("are not fetched with another digest than the locked one", () =>
    withScratch(async (scratch) => {
      const haproxy = await publish(scratch, "haproxy");
      await scratch.io.files.write(haproxy.source.replace("copy:", ""), "other");
      const index = { path: toolsIndex, suite: "trixie", packages: [haproxy] };
      await expect(writeDistribution(scratch.io, join(scratch.folder, "mirror"), [index], epoch)).rejects.toMatchObject(
        {
          name: "ToolError",
          details: { hint: expect.stringContaining("--refresh") },
        },
      );
    }));

  it("take the archive's place in builds from a mirror only", () =>
    withScratch(async ({ io }) => {
      const direct = { ...request(""), kubernetes: { version: "1.37.2", from: "modules", mirror: undefined } } as const;
      expect(await mirrorArchives(io, direct)).toBeUndefined();
    }));
});

const entry = (name: string, version: string): LockEntry => {
  return { kind: "distribution-package", name, version, source: "s", sha256: `${name}${version}` };
};

describe("mergePackages", () => {
  it("keeps each package once, by name", () => {
    const [b, a] = [entry("b", "1"), entry("a", "1")];
    expect(mergePackages([[b], [b, a]])).toEqual([a, b]);
  });

  it("refuses two versions, of which an image could have either", () => {
    expect(() => mergePackages([[entry("a", "1")], [entry("a", "2")]])).toThrow(
      expect.objectContaining({
        diagnostics: [
          expect.objectContaining({ code: "mirror/two-versions", message: expect.stringContaining("a 1 and 2") }),
        ],
      }),
    );
  });
});
