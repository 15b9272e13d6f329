// A FileTree → a folder, again and again: writes what differs, removes what it wrote before and is no more, and touches nothing else, also
// not what somebody has changed since.
// What it wrote is in a list in the folder.
import { createHash } from "node:crypto";
import { dirname, join } from "node:path/posix";
import { z } from "zod";
import { DiagnosticError } from "../diagnostic.ts";
import type { FileStatus, Io } from "../edge/io.ts";
import type { FileEntry, FileTree } from "../model.ts";

const listName = ".kimg-render.json";

/** Path → SHA-256 of what was written there; a run that was cut short leaves several, for the file may be either. */
type Written = ReadonlyMap<string, readonly string[]>;

export interface WriteResult {
  readonly written: number;
  /** Below the folder: written before, no more in the tree, and gone now. */
  readonly removed: readonly string[];
  /** Would have been removed, but somebody has changed them. */
  readonly kept: readonly string[];
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const listForm = z.object({ files: z.record(z.string(), z.union([z.string(), z.array(z.string())])) });

const parseList = (text: string): Written | undefined => {
  try {
    const { files } = listForm.parse(JSON.parse(text));
    return new Map(Object.entries(files).map(([file, hashes]) => [file, [hashes].flat()]));
  } catch {
    return undefined;
  }
};

const readList = async (io: Io, folder: string): Promise<Written> => {
  const path = join(folder, listName);
  if ((await io.files.status(path)) === undefined) return new Map();
  const written = parseList(await io.files.readText(path));
  if (written !== undefined) return written;
  throw new DiagnosticError([
    {
      severity: "error",
      code: "render/list-damaged",
      message: `${path} is damaged: kimg does not know any more what it has written there`,
      hint: `move ${folder} away, and render again`,
    },
  ]);
};

/** Only for its owner: with the hash of a file somebody could try short passwords out. */
const writeList = (io: Io, folder: string, files: Written): Promise<void> => {
  const entries = [...files].toSorted(([left], [right]) => (left < right ? -1 : 1));
  const sorted = Object.fromEntries(entries.map(([path, hashes]) => [path, hashes.length === 1 ? hashes[0] : hashes]));
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

/** Nothing is there, or what we wrote. */
const isOurs = async (io: Io, place: string, hashes: readonly string[] = []): Promise<boolean> => {
  const status = await io.files.status(place);
  if (status === undefined) return true;
  return hashes.length > 0 && isFile(status) && hashes.includes((await io.files.sha256(place)).sha256);
};

/** Which of the folder's files a tree is the whole of; the others stay as they are. */
export type Within = (path: string) => boolean;

const everything: Within = () => true;

export interface TreeChanges {
  readonly changed: readonly (readonly [string, FileEntry])[];
  /** Written before and no more in the tree: path and SHA-256 of what was written. */
  readonly stale: readonly (readonly [string, readonly string[]])[];
  /** In the way, and not written by us, or changed since. */
  readonly foreign: readonly string[];
}

const plan = async (io: Io, folder: string, tree: FileTree, before: Written, within: Within): Promise<TreeChanges> => {
  const changed: (readonly [string, FileEntry])[] = [];
  const foreign: string[] = [];
  for (const [path, entry] of tree) {
    const place = join(folder, path);
    if (await sameThere(io, place, entry)) continue;
    changed.push([path, entry]);
    if (!(await isOurs(io, place, before.get(path)))) foreign.push(place);
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

/** Throws DiagnosticError when there are any. */
export const refuseForeign = (foreign: readonly string[]): void => {
  if (foreign.length === 0) return;
  throw new DiagnosticError(
    foreign.map((path) => ({
      severity: "error",
      code: "render/not-ours",
      message: `${path} is in the way: kimg did not write it as it is, and does not overwrite it`,
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

/** Undefined when somebody had removed it before; kept is what is no longer what we wrote. */
const removeStale = async (
  io: Io,
  folder: string,
  path: string,
  hashes: readonly string[],
): Promise<"removed" | "kept" | undefined> => {
  const place = join(folder, path);
  if (!(await isOurs(io, place, hashes))) return "kept";
  const status = await io.files.status(place);
  await io.files.remove(place);
  await removeEmptyFolders(io, folder, path);
  return status === undefined ? undefined : "removed";
};

/** Rejects with DiagnosticError when a file is in the way that was not written by this. */
export const checkOurs = async (io: Io, folder: string, path: string): Promise<void> => {
  const place = join(folder, path);
  if (!(await isOurs(io, place, (await readList(io, folder)).get(path)))) refuseForeign([place]);
};

/** Makes a file that somebody else is about to write one of the folder's own: the next `writeTree` removes it. Rejects as `checkOurs`. */
export const adoptFile = async (io: Io, folder: string, path: string, hash: string): Promise<void> => {
  await checkOurs(io, folder, path);
  await writeList(io, folder, new Map([...(await readList(io, folder)), [path, [hash]]]));
};

/** Rejects with DiagnosticError, before anything is written, when a file is in the way that is not as this has written it. */
export const writeTree = async (
  io: Io,
  folder: string,
  tree: FileTree,
  within: Within = everything,
): Promise<WriteResult> => {
  const before = await readList(io, folder);
  const { changed, stale, foreign } = await plan(io, folder, tree, before, within);
  refuseForeign(foreign);
  if (changed.length === 0 && stale.length === 0) return { written: 0, removed: [], kept: [] };
  const others = [...before].filter(([path]) => !within(path));
  const made = [...tree].map(([path, { bytes }]) => [path, [sha256(bytes)]] as const);
  const now: Written = new Map([...others, ...made]);
  // First, so that files of a run that is cut short are known to be ours, whether it came to them or not.
  const either = made.map(([path, hashes]) => [path, [...new Set([...hashes, ...(before.get(path) ?? [])])]] as const);
  await writeList(io, folder, new Map([...before, ...either]));
  for (const [path, { bytes, mode }] of changed) await io.files.write(join(folder, path), bytes, mode);
  const done = { removed: [] as string[], kept: [] as string[] };
  for (const [path, hashes] of stale) {
    const fate = await removeStale(io, folder, path, hashes);
    if (fate !== undefined) done[fate].push(path);
  }
  await writeList(io, folder, now);
  return { written: changed.length, removed: done.removed, kept: done.kept.map((path) => join(folder, path)) };
};
