// A FileTree → a folder, again and again: writes what differs, removes what it wrote before and is no more, and touches nothing else.
// What it wrote is in a list in the folder.
import { createHash } from "node:crypto";
import { dirname, join } from "node:path/posix";
import { DiagnosticError } from "../diagnostic.ts";
import type { FileStatus, Io } from "../edge/io.ts";
import type { FileEntry, FileTree } from "../model.ts";

const listName = ".kimg-render.json";

/** Path → SHA-256 of what was written there. */
type Written = ReadonlyMap<string, string>;

export interface WriteResult {
  readonly written: number;
  readonly removed: number;
  /** Would have been removed, but somebody has changed them. */
  readonly kept: readonly string[];
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const readList = async (io: Io, folder: string): Promise<Written> => {
  const path = join(folder, listName);
  if ((await io.files.status(path)) === undefined) return new Map();
  const list = JSON.parse(await io.files.readText(path)) as { readonly files: Readonly<Record<string, string>> };
  return new Map(Object.entries(list.files));
};

/** Only for its owner: with the hash of a file somebody could try short passwords out. */
const writeList = (io: Io, folder: string, files: Written): Promise<void> => {
  const sorted = Object.fromEntries([...files].toSorted(([left], [right]) => (left < right ? -1 : 1)));
  return io.files.write(
    join(folder, listName),
    `${JSON.stringify({ version: 1, files: sorted }, undefined, 2)}\n`,
    0o600,
  );
};

const isFile = (status: FileStatus | undefined): boolean => status?.kind === "file";

const sameThere = async (io: Io, path: string, { bytes, mode }: FileEntry): Promise<boolean> => {
  const status = await io.files.status(path);
  if (!isFile(status) || status?.size !== bytes.length || (status.mode & 0o777) !== mode) return false;
  return Buffer.from(await io.files.read(path)).equals(bytes);
};

/** Which of the folder's files a tree is the whole of; the others stay as they are. */
export type Within = (path: string) => boolean;

const everything: Within = () => true;

export interface TreeChanges {
  readonly changed: readonly (readonly [string, FileEntry])[];
  /** Written before and no more in the tree: path and SHA-256 of what was written. */
  readonly stale: readonly (readonly [string, string])[];
  /** In the way, and not written by us. */
  readonly foreign: readonly string[];
}

const plan = async (io: Io, folder: string, tree: FileTree, before: Written, within: Within): Promise<TreeChanges> => {
  const changed: (readonly [string, FileEntry])[] = [];
  const foreign: string[] = [];
  for (const [path, entry] of tree) {
    const place = join(folder, path);
    if (await sameThere(io, place, entry)) continue;
    changed.push([path, entry]);
    if (!before.has(path) && (await io.files.status(place)) !== undefined) foreign.push(place);
  }
  const stale = [...before].filter(([path]) => within(path) && !tree.has(path));
  return { changed, stale, foreign };
};

/** What `writeTree` would do. */
export const treeChanges = async (
  io: Io,
  folder: string,
  tree: FileTree,
  within: Within = everything,
): Promise<TreeChanges> => plan(io, folder, tree, await readList(io, folder), within);

const refuseForeign = (foreign: readonly string[]): void => {
  if (foreign.length === 0) return;
  throw new DiagnosticError(
    foreign.map((path) => ({
      severity: "error",
      code: "render/not-ours",
      message: `${path} is in the way: kimg did not write it, and does not overwrite it`,
      hint: "move it away, or give another folder with --output",
    })),
  );
};

/** Folders left empty go too, up to the one that was written to. */
const removeEmptyFolders = async (io: Io, folder: string, path: string): Promise<void> => {
  for (let above = dirname(path); above !== "."; above = dirname(above)) {
    const place = join(folder, above);
    if ((await io.files.status(place)) === undefined) continue;
    if ((await io.files.list(place)).length > 0) return;
    await io.files.remove(place);
  }
};

/** True when it is gone; false when it is no longer what we wrote. */
const removeStale = async (io: Io, folder: string, path: string, hash: string): Promise<boolean> => {
  const place = join(folder, path);
  const status = await io.files.status(place);
  if (status !== undefined) {
    if (!isFile(status) || (await io.files.sha256(place)).sha256 !== hash) return false;
    await io.files.remove(place);
  }
  await removeEmptyFolders(io, folder, path);
  return true;
};

/**
 * Makes a file that somebody else is about to write one of the folder's own: the next `writeTree` removes it. Rejects with
 * DiagnosticError when a file is in the way that was not written by this.
 */
export const adoptFile = async (io: Io, folder: string, path: string, hash: string): Promise<void> => {
  const before = await readList(io, folder);
  const place = join(folder, path);
  if (!before.has(path) && (await io.files.status(place)) !== undefined) refuseForeign([place]);
  await writeList(io, folder, new Map([...before, [path, hash]]));
};

/** Rejects with DiagnosticError, before anything is written, when a file is in the way that was not written by this. */
export const writeTree = async (
  io: Io,
  folder: string,
  tree: FileTree,
  within: Within = everything,
): Promise<WriteResult> => {
  const before = await readList(io, folder);
  const { changed, stale, foreign } = await plan(io, folder, tree, before, within);
  refuseForeign(foreign);
  if (changed.length === 0 && stale.length === 0) return { written: 0, removed: 0, kept: [] };
  const others = [...before].filter(([path]) => !within(path));
  const now = new Map([...others, ...[...tree].map(([path, { bytes }]): [string, string] => [path, sha256(bytes)])]);
  // First, so that files of a run that is cut short are known to be ours.
  await writeList(io, folder, new Map([...before, ...now]));
  for (const [path, { bytes, mode }] of changed) await io.files.write(join(folder, path), bytes, mode);
  const kept: string[] = [];
  for (const [path, hash] of stale) if (!(await removeStale(io, folder, path, hash))) kept.push(path);
  await writeList(io, folder, now);
  return { written: changed.length, removed: stale.length - kept.length, kept: kept.map((path) => join(folder, path)) };
};
