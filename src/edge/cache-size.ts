// How much the cache holds, and how it is kept within its limit: what is made again soonest goes first, and of that what was not used for
// longest.
import { join } from "node:path";
import { nameFile } from "./cache.ts";
import type { Io } from "./io.ts";

export interface CacheUse {
  /** `root-file-system/3f2a…`, relative to the cache folder. */
  readonly path: string;
  readonly kind: string;
  /** What its maker called it. */
  readonly name: string | undefined;
  /** Bytes on the disk. */
  readonly size: number;
  readonly used: Date;
}

/** 40 GiB: about ten images with all that they were made from. */
export const defaultCacheLimit = 40 * 2 ** 30;

const isEntryName = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

/** What is no entry: state, and folders of builds that are under way. */
const isKept = (name: string): boolean => ["archive-generation", "locks", "names", "unfinished", "work"].includes(name);

const entryPaths = async (io: Io, folder: string): Promise<string[]> => {
  if ((await io.files.status(folder)) === undefined) return [];
  const paths: string[] = [];
  for (const kind of await io.files.list(folder)) {
    if (isKept(kind)) continue;
    const names = await io.files.list(join(folder, kind));
    paths.push(...(names.every(isEntryName) ? names.map((name) => join(kind, name)) : [kind]));
  }
  return paths;
};

const readName = async (io: Io, folder: string, kind: string, key: string): Promise<string | undefined> => {
  const file = nameFile(folder, kind, key);
  return (await io.files.status(file)) === undefined ? undefined : io.files.readText(file);
};

const useOf = async (io: Io, folder: string, path: string, size: number): Promise<CacheUse> => {
  const [kind = "", key = ""] = path.split("/");
  const status = await io.files.status(join(folder, path));
  return { path, kind, name: await readName(io, folder, kind, key), size, used: status?.modified ?? new Date(0) };
};

/** Everything in the cache, the biggest first. */
export const measureCache = async (io: Io, folder: string): Promise<readonly CacheUse[]> => {
  const paths = await entryPaths(io, folder);
  if (paths.length === 0) return [];
  const { stdout } = await io.processes.run({
    doing: "measuring the cache",
    argv: ["du", "--summarize", "--block-size=1", "--", ...paths],
    folder,
  });
  const uses = stdout
    .trim()
    .split("\n")
    .map((line) => line.split("\t") as [string, string])
    .map(([size, path]) => useOf(io, folder, path, Number(size)));
  return (await Promise.all(uses)).toSorted((a, b) => b.size - a.size);
};

/** How long it takes to make what is of a kind again: any unit, the lowest go first. */
export type CostOf = (kind: string) => number;

/** Removes entries until the rest fits into `limit` bytes; never one that was used after `keepAfter`. Returns what went. */
export const pruneEntries = async (
  io: Io,
  folder: string,
  { limit, keepAfter, costOf }: { readonly limit: number; readonly keepAfter: Date; readonly costOf: CostOf },
): Promise<readonly CacheUse[]> => {
  const uses = await measureCache(io, folder);
  let total = uses.reduce((sum, use) => sum + use.size, 0);
  const gone: CacheUse[] = [];
  const candidates = uses
    .filter(({ used }) => used < keepAfter)
    .toSorted((a, b) => costOf(a.kind) - costOf(b.kind) || a.used.getTime() - b.used.getTime());
  for (const use of candidates) {
    if (total <= limit) break;
    await io.files.remove(join(folder, use.path));
    await io.files.remove(nameFile(folder, use.kind, use.path.slice(use.kind.length + 1)));
    total -= use.size;
    gone.push(use);
  }
  return gone;
};
