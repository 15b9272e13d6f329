// `kimg cache`: what is kept of earlier work, and making room.
import { cacheFolder } from "../edge/cache.ts";
import { defaultCacheLimit, measureCache, pruneEntries } from "../edge/cache-size.ts";
import type { Io } from "../edge/io.ts";
import { UsageError } from "../diagnostic.ts";
import { formatSize } from "./words.ts";

const units: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** `20G` → bytes. */
export const parseSize = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)i?B?$/i.exec(text.replaceAll(" ", ""));
  const unit = units[(match?.[2] ?? "").toUpperCase()];
  if (match === null || unit === undefined) throw new UsageError(`"${text}" is no size`, "write it as 500M or 20G");
  return Math.floor(Number(match[1]) * unit);
};

/** The user's limit (`KIMG_CACHE_LIMIT`), else ours; bytes. */
export const cacheLimit = (io: Io): number =>
  io.environment["KIMG_CACHE_LIMIT"] ? parseSize(io.environment["KIMG_CACHE_LIMIT"]) : defaultCacheLimit;

export const showCache = async (io: Io): Promise<string> => {
  const folder = cacheFolder(io.environment);
  const uses = await measureCache(io, folder);
  const total = uses.reduce((sum, use) => sum + use.size, 0);
  const lines = uses.map(
    (use) => `${formatSize(use.size).padStart(9)}  ${use.used.toISOString().slice(0, 16)}  ${use.path}`,
  );
  return [...lines, `${formatSize(total)} of at most ${formatSize(cacheLimit(io))} in ${folder}`].join("\n");
};

export const pruneCache = async (
  io: Io,
  options: { readonly size?: string; readonly all?: boolean },
): Promise<string> => {
  const folder = cacheFolder(io.environment);
  const limit = options.all ? 0 : options.size === undefined ? cacheLimit(io) : parseSize(options.size);
  const gone = await io.progress.stage("making room in the cache", () => pruneEntries(io, folder, limit, io.now()));
  const freed = gone.reduce((sum, use) => sum + use.size, 0);
  return gone.length === 0
    ? `nothing to remove: the cache is within ${formatSize(limit)}`
    : `removed ${gone.length} entries, ${formatSize(freed)}`;
};
