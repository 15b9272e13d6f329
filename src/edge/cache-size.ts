// How much the cache holds, and how it is kept within its limit: what was not used for longest goes first.
import { join } from "node:path";
import type { Io } from "./io.ts";

export interface CacheUse {
  /** `root-file-system/3f2a…`, relative to the cache folder. */
  readonly path: string;
  /** Bytes on the disk. */
  readonly size: number;
  readonly used: Date;
}

/** 40 GiB: about ten images with all that they were made from. */
export const defaultCacheLimit = 40 * 2 ** 30;

const isEntryName = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

/** What is no entry: state, and folders of builds that are under way. */
const isKept = (name: string): boolean => ["archive-generation", "locks", "unfinished", "work"].includes(name);

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

/** Everything in the cache, what was not used for longest first. */
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
    .map(async ([size, path]) => {
      const status = await io.files.status(join(folder, path));
      return { path, size: Number(size), used: status?.modified ?? new Date(0) };
    });
  return (await Promise.all(uses)).toSorted((a, b) => a.used.getTime() - b.used.getTime());
};

/** Removes entries until the rest fits into `limit` bytes; never one that was used after `keepAfter`. Returns what went. */
export const pruneEntries = async (
  io: Io,
  folder: string,
  limit: number,
  keepAfter: Date,
): Promise<readonly CacheUse[]> => {
  const uses = await measureCache(io, folder);
  let total = uses.reduce((sum, use) => sum + use.size, 0);
  const gone: CacheUse[] = [];
  for (const use of uses) {
    if (total <= limit || use.used >= keepAfter) break;
    await io.files.remove(join(folder, use.path));
    total -= use.size;
    gone.push(use);
  }
  return gone;
};
