// `kimg cache`: what is kept of earlier work, and making room.
import { cacheFolder } from "../edge/cache.ts";
import { type CacheUse, defaultCacheLimit, measureCache, pruneEntries } from "../edge/cache-size.ts";
import type { Io } from "../edge/io.ts";
import { UsageError } from "../diagnostic.ts";
import { costOf, wordsOf } from "./cache-kinds.ts";
import { formatMoment } from "./duration.ts";
import { formatSize, formatTable, printable } from "./words.ts";

interface CacheOptions {
  readonly json: boolean;
}

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

/** A name, or as much of the hash as tells entries apart. */
const nameOf = ({ name, path, kind }: CacheUse): string =>
  name ?? (path === kind ? "" : path.slice(kind.length + 1, kind.length + 13));

const sizeOf = (uses: readonly CacheUse[]): number => uses.reduce((sum, use) => sum + use.size, 0);

const row = (use: CacheUse): readonly string[] => [
  ...[formatSize(use.size).padStart(9), formatMoment(use.used), wordsOf(use.kind), nameOf(use)],
];

/** What to print: every entry, the biggest first, and what they come to. */
export const showCache = async (io: Io, { json }: CacheOptions): Promise<string> => {
  const folder = cacheFolder(io.environment);
  const entries = await measureCache(io, folder);
  const [size, limit] = [sizeOf(entries), cacheLimit(io)];
  if (json) return JSON.stringify({ folder, limit, size, entries }, undefined, 2);
  const head = ["     SIZE", "LAST USED", "WHAT", "NAME"];
  return [
    ...(entries.length === 0 ? [] : [printable(formatTable([head, ...entries.map(row)]))]),
    `${formatSize(size)} of at most ${formatSize(limit)} in ${folder}`,
  ].join("\n");
};

const countsOf = (uses: readonly CacheUse[]): string => {
  const counts = new Map<string, number>();
  for (const { kind } of uses) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${wordsOf(kind)} (${count})`).join(", ");
};

/** What to print. What is quick to make again goes first, programs that were compiled last. */
export const pruneCache = async (
  io: Io,
  options: CacheOptions & { readonly size?: string; readonly all?: boolean },
): Promise<string> => {
  const folder = cacheFolder(io.environment);
  const limit = options.all ? 0 : options.size === undefined ? cacheLimit(io) : parseSize(options.size);
  const removed = await io.progress.stage("making room in the cache", () =>
    pruneEntries(io, folder, { limit, keepAfter: io.now(), costOf }),
  );
  const freed = sizeOf(removed);
  if (options.json) return JSON.stringify({ folder, limit, freed, removed }, undefined, 2);
  return removed.length === 0
    ? `nothing to remove: the cache is within ${formatSize(limit)}`
    : `removed ${removed.length} entries, ${formatSize(freed)}: ${countsOf(removed)}`;
};
