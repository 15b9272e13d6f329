// A tree in memory against one in a folder: what is changed, missing and extra.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FileTree } from "../../src/model.ts";

/** Path → text. Disk images and what is compressed stand for themselves by their digest; modes and sizes are in a list of their own. */
export const comparable = (tree: FileTree): ReadonlyMap<string, string> => {
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

export const onDisk = async (folder: string): Promise<ReadonlyMap<string, string>> => {
  if (!existsSync(folder)) return new Map();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = paths.map(async (path): Promise<[string, string]> => [
    path.slice(folder.length + 1),
    await readFile(path, "utf8"),
  ]);
  return new Map(await Promise.all(read));
};

export const write = async (folder: string, files: ReadonlyMap<string, string>): Promise<void> => {
  await rm(folder, { recursive: true, force: true });
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
};

interface Difference {
  readonly changed: readonly string[];
  readonly missing: readonly string[];
  readonly extra: readonly string[];
}

export const difference = (made: ReadonlyMap<string, string>, golden: ReadonlyMap<string, string>): Difference => ({
  changed: [...made.keys()].filter((path) => golden.has(path) && golden.get(path) !== made.get(path)),
  missing: [...golden.keys()].filter((path) => !made.has(path)),
  extra: [...made.keys()].filter((path) => !golden.has(path)),
});

export const none: Difference = { changed: [], missing: [], extra: [] };
