// Whole trees: what each cluster in tests/golden is rendered to. `KIMG_UPDATE=1` writes the trees anew and fails all the same, so that an
// update is looked at before it counts.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FileTree } from "../src/model.ts";
import { goldenCases, goldenFolder, renderGolden } from "./support/render-case.ts";

/** Path → text. Disk images and what is compressed stand for themselves by their digest; modes and sizes are in a list of their own. */
const comparable = (tree: FileTree): ReadonlyMap<string, string> => {
  const list = [...tree].map(
    ([path, { mode, bytes }]) => `${mode.toString(8).padStart(4, "0")} ${path} ${bytes.length}\n`,
  );
  const files = [...tree].map(([path, { bytes }]): [string, string] =>
    /\.(?:iso|img|gz)$/.test(path)
      ? [`${path}.sha256`, `${createHash("sha256").update(bytes).digest("hex")}\n`]
      : [path, Buffer.from(bytes).toString()],
  );
  return new Map([...files, ["files.txt", list.join("")]]);
};

const onDisk = async (folder: string): Promise<ReadonlyMap<string, string>> => {
  if (!existsSync(folder)) return new Map();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = paths.map(async (path): Promise<[string, string]> => [
    path.slice(folder.length + 1),
    await readFile(path, "utf8"),
  ]);
  return new Map(await Promise.all(read));
};

const write = async (folder: string, files: ReadonlyMap<string, string>): Promise<void> => {
  await rm(folder, { recursive: true, force: true });
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
};

export interface Difference {
  readonly changed: readonly string[];
  readonly missing: readonly string[];
  readonly extra: readonly string[];
}

const difference = (made: ReadonlyMap<string, string>, golden: ReadonlyMap<string, string>): Difference => ({
  changed: [...made.keys()].filter((path) => golden.has(path) && golden.get(path) !== made.get(path)),
  missing: [...golden.keys()].filter((path) => !made.has(path)),
  extra: [...made.keys()].filter((path) => !golden.has(path)),
});

const none: Difference = { changed: [], missing: [], extra: [] };

describe.each(goldenCases)("%s", (name) => {
  it("is rendered to its golden tree", async () => {
    const folder = join(goldenFolder, name, "expected");
    const made = comparable(await renderGolden(name));
    const golden = await onDisk(folder);
    const found = difference(made, golden);
    if (process.env["KIMG_UPDATE"] === "1") await write(folder, made);
    expect(found).toEqual(none);
  });

  it("is the same again", async () => {
    const [first, second] = [await renderGolden(name), await renderGolden(name)];
    expect([...second.keys()]).toEqual([...first.keys()].toSorted());
    for (const [path, { bytes, mode }] of second) {
      expect(first.get(path)?.mode).toBe(mode);
      expect(Buffer.from(first.get(path)?.bytes ?? []).equals(bytes)).toBe(true);
    }
  });
});

describe("a golden tree", () => {
  const golden = new Map([
    ["same", "1"],
    ["changed", "2"],
    ["gone", "3"],
  ]);

  it("fails on files that are changed, missing and extra", () => {
    const made = new Map([
      ["same", "1"],
      ["changed", "other"],
      ["new", "4"],
    ]);
    expect(difference(made, golden)).toEqual({ changed: ["changed"], missing: ["gone"], extra: ["new"] });
  });
});
