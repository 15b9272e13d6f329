// Findings that cost minutes of an emulated machine, kept by everything that they depend on: the same disk, seed and firmware cannot
// boot otherwise the next time. KIMG_TEST_AGAIN=1 finds them anew.
import { join } from "node:path";
import { shippedFolder } from "../../src/content.ts";
import { cacheFolder, canonicalHash, openCache } from "../../src/edge/cache.ts";
import type { Io } from "../../src/edge/io.ts";
import type { JsonValue } from "../../src/model.ts";

const fileName = "finding.json";

/** What `find` found, now or before with the same input. A finding that is no success must be thrown: only what is returned is kept. */
export const recorded = async <T>(
  io: Io,
  name: string,
  input: { readonly [key: string]: JsonValue },
  find: () => Promise<T>,
): Promise<T> => {
  const again = io.environment["KIMG_TEST_AGAIN"] ?? "";
  const cache = openCache(io, cacheFolder(io.environment));
  const entry = await cache.entry("finding", { name, again, ...input }, async (folder) =>
    io.files.write(join(folder, fileName), JSON.stringify(await find())),
  );
  return JSON.parse(await io.files.readText(join(entry.folder, fileName))) as T;
};

const digests = async (io: Io, path: string): Promise<JsonValue[]> => {
  if ((await io.files.status(path))?.kind !== "directory") return [[path, (await io.files.sha256(path)).sha256]];
  const names = (await io.files.list(path)).filter((name) => name !== "__pycache__");
  return (await Promise.all(names.map((name) => digests(io, join(path, name))))).flat();
};

/** Hash of files and folders of this checkout: for a finding that depends on code. */
export const checkoutHash = async (io: Io, paths: readonly string[]): Promise<string> => {
  const found = await Promise.all(paths.map((path) => digests(io, join(shippedFolder, path))));
  return canonicalHash(found.flat());
};
