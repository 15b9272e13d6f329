import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UsageError } from "../diagnostic.ts";
import { openCache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import { startProgress } from "../edge/progress.ts";
import { systemIo } from "../edge/system-io.ts";
import { parseSize, pruneCache, showCache } from "./cache.ts";
import { formatSize, formatTable } from "./words.ts";

let folder: string;
let io: Io;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kimg-cache-"));
  const real = systemIo(startProgress("quiet"), new AbortController().signal);
  io = { ...real, environment: { KIMG_CACHE: folder } };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** An entry of a mebibyte, last used `days` ago. */
const fill = async (name: string, days: number): Promise<string> => {
  const entry = await openCache(io, folder).entry("disk", name, (to) =>
    io.files.write(join(to, "data"), new Uint8Array(2 ** 20)),
  );
  const used = new Date(Date.now() - days * 86_400_000);
  await utimes(entry.folder, used, used);
  return entry.folder;
};

describe("kimg cache", () => {
  it("removes what was not used for longest until the rest fits", async () => {
    const [newest, oldest, middle] = [await fill("newest", 1), await fill("oldest", 3), await fill("middle", 2)];
    expect(await pruneCache(io, { size: "2.5M" })).toMatch(/^removed 1 entries, 1\.0\d MiB$/);
    expect(await io.files.status(oldest)).toBeUndefined();
    expect(await io.files.status(middle)).toBeDefined();
    expect(await io.files.status(newest)).toBeDefined();
  });

  it("empties the cache with --all, and says so when there is nothing to do", async () => {
    await fill("one", 1);
    expect(await pruneCache(io, {})).toBe("nothing to remove: the cache is within 40.0 GiB");
    await pruneCache(io, { all: true });
    expect(await showCache(io)).toMatch(/^0 B of at most 40\.0 GiB in /);
  });

  it("lists entries with size and last use", async () => {
    await fill("one", 1);
    expect(await showCache(io)).toMatch(/^ 1\.0\d MiB {2}\d{4}-\d\d-\d\dT\d\d:\d\d {2}disk\/[0-9a-f]{64}\n/);
  });
});

describe("words", () => {
  it("reads sizes as people write them", () => {
    expect([parseSize("512"), parseSize("20G"), parseSize("1.5 MiB")]).toEqual([512, 20 * 2 ** 30, 1.5 * 2 ** 20]);
    expect(() => parseSize("much")).toThrow(UsageError);
  });

  it("writes sizes with three digits", () => {
    expect([0, 999, 612 * 2 ** 20, 5.5 * 2 ** 30].map(formatSize)).toEqual(["0 B", "999 B", "612 MiB", "5.50 GiB"]);
  });

  it("aligns the columns of a table", () => {
    expect(
      formatTable([
        ["a", "long", "x"],
        ["bcd", "e", ""],
      ]),
    ).toBe("a    long  x\nbcd  e");
  });
});
