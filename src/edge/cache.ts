// Results of slow work, kept by the hash of their canonical input. Owns the cache folder's layout, locks and size; must not know
// what is in an entry.
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import type { JsonValue } from "../model.ts";
import type { Io } from "./io.ts";

export interface CacheEntry {
  /** Absolute folder with the entry's files. Read-only by convention. */
  readonly folder: string;
  readonly reused: boolean;
  /** The hash of its input: part of the input of whatever is made from it. */
  readonly key: string;
}

/** `name` is for people who look at the cache: one line, without a secret. */
export interface NamedKind {
  readonly kind: string;
  readonly name: string;
}

/** Puts the entry's files into the folder. */
type Fill = (folder: string) => Promise<void>;

export interface Cache {
  /** Entries are at `<folder>/<kind>/<key>/`. */
  readonly folder: string;
  /**
   * The entry of this kind and input. When there is none, `make` fills a temporary folder that then takes its place; makers of
   * one key wait for each other, in this process and in others.
   */
  readonly entry: (kind: string | NamedKind, input: JsonValue, make: Fill) => Promise<CacheEntry>;
  /** The entry of this kind and input, if it has been made. */
  readonly find: (kind: string, input: JsonValue) => Promise<CacheEntry | undefined>;
}

const sorted = (value: JsonValue): JsonValue => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, sorted((value as Record<string, JsonValue>)[key] ?? null)]));
};

/** SHA-256, lower-case hex, of the value as JSON with sorted keys. */
export const canonicalHash = (value: JsonValue): string =>
  createHash("sha256")
    .update(JSON.stringify(sorted(value)))
    .digest("hex");

/** `KIMG_CACHE`, else the XDG base directory specification's cache folder. */
export const cacheFolder = (environment: Io["environment"]): string => {
  if (environment["KIMG_CACHE"]) return environment["KIMG_CACHE"];
  return join(environment["XDG_CACHE_HOME"] || join(environment["HOME"] ?? "/root", ".cache"), "kimg");
};

/** The cache of whoever runs kimg. */
export const openUserCache = (io: Io): Cache => openCache(io, resolve(cacheFolder(io.environment)));

export const openCache = (io: Io, folder: string): Cache => {
  const making = new Map<string, Promise<CacheEntry>>();
  const obtain = async (kind: string, place: Place, fill: Fill): Promise<CacheEntry> => {
    const { key } = place;
    const existing = await findEntry(io, place);
    if (existing !== undefined) return existing;
    const underWay = making.get(`${kind}/${key}`);
    if (underWay !== undefined) return underWay;
    const made = makeEntry(io, folder, kind, place, fill).finally(() => making.delete(`${kind}/${key}`));
    making.set(`${kind}/${key}`, made);
    return made;
  };
  const entry: Cache["entry"] = async (given, input, fill) => {
    const { kind, name } = typeof given === "string" ? { kind: given, name: undefined } : given;
    const key = canonicalHash(input);
    const obtained = await obtain(kind, { folder: join(folder, kind, key), key }, fill);
    if (name !== undefined) await keepName(io, nameFile(folder, kind, key), name);
    return obtained;
  };
  const find: Cache["find"] = (kind, input) => {
    const key = canonicalHash(input);
    return findEntry(io, { folder: join(folder, kind, key), key });
  };
  return { folder, entry, find };
};

type Place = Pick<CacheEntry, "folder" | "key">;

/** Beside the entries, so that a name is no part of what is kept: it may be missing, and be another tomorrow. */
export const nameFile = (folder: string, kind: string, key: string): string => join(folder, "names", `${kind}-${key}`);

const keepName = async (io: Io, file: string, name: string): Promise<void> => {
  if ((await io.files.status(file)) === undefined) await io.files.write(file, name);
};

const findEntry = async (io: Io, place: Place): Promise<CacheEntry | undefined> => {
  if ((await io.files.status(place.folder)) === undefined) return undefined;
  await io.files.touch(place.folder);
  return { ...place, reused: true };
};

const makeEntry = async (io: Io, folder: string, kind: string, place: Place, fill: Fill): Promise<CacheEntry> => {
  const release = await io.files.lock(join(folder, "locks", `${kind}-${place.key}`), () =>
    io.progress.note(`waiting for another kimg that is making the same ${kind}`),
  );
  try {
    const meanwhile = await findEntry(io, place);
    if (meanwhile !== undefined) return meanwhile;
    await fillEntry(io, place.folder, join(folder, "unfinished", `${kind}-${place.key}`), fill);
    return { ...place, reused: false };
  } finally {
    await release();
  }
};

/** Only the holder of the entry's lock comes here, so what lies at `unfinished` is what a killed maker has left. */
const fillEntry = async (io: Io, to: string, unfinished: string, fill: Fill): Promise<void> => {
  try {
    await io.files.remove(unfinished);
    await io.files.makeFolder(unfinished);
    await fill(unfinished);
    await io.files.makeFolder(join(to, ".."));
    await io.files.rename(unfinished, to);
  } finally {
    await io.files.remove(unfinished);
  }
};
