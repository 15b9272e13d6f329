import { mkdtemp, readFile, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UsageError } from "../diagnostic.ts";
import { openCache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import { startProgress } from "../edge/progress.ts";
import { systemIo } from "../edge/system-io.ts";
import { cacheKinds } from "./cache-kinds.ts";
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

const text = { json: false };

/** An entry of so many mebibytes, last used `days` ago. */
const fill = async (kind: string, name: string, days: number, mebibytes = 1): Promise<string> => {
  const entry = await openCache(io, folder).entry({ kind, name }, name, (to) =>
    io.files.write(join(to, "data"), new Uint8Array(mebibytes * 2 ** 20)),
  );
  const used = new Date(Date.now() - days * 86_400_000);
  await utimes(entry.folder, used, used);
  return entry.folder;
};

const left = async (): Promise<readonly unknown[]> => {
  const { entries } = JSON.parse(await showCache(io, { json: true })) as { entries: readonly { name: string }[] };
  return entries.map(({ name }) => name);
};

describe("kimg cache", () => {
  it("removes what was not used for longest until the rest fits", async () => {
    for (const [name, days] of [
      ["newest", 1],
      ["oldest", 3],
      ["middle", 2],
    ] as const)
      await fill("disk", name, days);
    expect(await pruneCache(io, { ...text, size: "2.5M" })).toMatch(
      /^removed 1 entries, 1\.0\d MiB: disk of an image \(1\)$/,
    );
    expect(new Set(await left())).toEqual(new Set(["middle", "newest"]));
  });

  it("removes what is quick to make again before what the network brings, and what was compiled last", async () => {
    await fill("program", "kubelet", 9);
    await fill("tools", "qemu", 8);
    await fill("root", "worker", 1);
    await fill("finding", "of another kimg", 2);
    const order: unknown[] = [];
    for (const size of ["3.5M", "2.5M", "1.5M", "0"]) {
      const { removed } = JSON.parse(await pruneCache(io, { json: true, size })) as { removed: { name: string }[] };
      order.push(...removed.map(({ name }) => name));
    }
    expect(order).toEqual(["of another kimg", "worker", "qemu", "kubelet"]);
    expect(await readdir(join(folder, "names"))).toEqual([]);
  });

  it("keeps what was used meanwhile, whatever it is", async () => {
    const disk = await fill("disk", "in use", 1);
    await fill("program", "old", 5);
    const later = new Date(Date.now() + 60_000);
    await utimes(disk, later, later);
    await pruneCache(io, { ...text, all: true });
    expect(await left()).toEqual(["in use"]);
  });

  it("empties the cache with --all, and says so when there is nothing to do", async () => {
    await fill("disk", "one", 1);
    expect(await pruneCache(io, text)).toBe("nothing to remove: the cache is within 40.0 GiB");
    await pruneCache(io, { ...text, all: true });
    expect(await showCache(io, text)).toMatch(/^0 B of at most 40\.0 GiB in /);
  });

  it("lists what there is, the biggest first, with a total", async () => {
    await fill("program", "kubelet of kubernetes", 1);
    await fill("disk", "worker-debian-13", 2, 3);
    await openCache(io, folder).entry("root", "made before entries had names", () => Promise.resolve());
    const [head, ...lines] = (await showCache(io, text)).split("\n");
    expect(head).toMatch(/^ {5}SIZE {2}LAST USED +WHAT +NAME$/);
    expect(lines).toEqual([
      expect.stringMatching(/^ 3\.0\d MiB {2}\d{4}-\d\d-\d\d \d\d:\d\d UTC {2}disk of an image +worker-debian-13$/),
      expect.stringMatching(/^ 1\.0\d MiB {2}.* {2}compiled program +kubelet of kubernetes$/),
      expect.stringMatching(/ {2}root file system +[0-9a-f]{12}$/),
      expect.stringMatching(/^4\.\d\d MiB of at most 40\.0 GiB in /),
    ]);
  });

  it("gives programs each entry with kind, name, bytes and time", async () => {
    await fill("disk", "one", 1);
    expect(JSON.parse(await showCache(io, { json: true }))).toMatchObject({
      ...{ folder, limit: 40 * 2 ** 30 },
      entries: [
        {
          ...{ kind: "disk", name: "one", size: expect.any(Number) as number },
          path: expect.stringMatching(/^disk\/[0-9a-f]{64}$/) as string,
          used: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
        },
      ],
    });
  });

  it("names an entry that was made without a name when it is next used", async () => {
    const cache = openCache(io, folder);
    await cache.entry("disk", 1, () => Promise.resolve());
    await cache.entry({ kind: "disk", name: "worker" }, 1, () => Promise.resolve());
    expect(await left()).toEqual(["worker"]);
  });

  it("has words for every kind that kimg keeps", async () => {
    const sources = (await readdir("src", { recursive: true })).filter((name) => /(?<!\.test)\.ts$/.test(name));
    const texts = await Promise.all(sources.map((name) => readFile(join("src", name), "utf8")));
    const kept = texts.flatMap((source) =>
      [...source.matchAll(/(?:\.entry\(\s*|const kind = )(?:\{ kind: )?"([a-z-]+)"/g)].map(([, kind]) => kind),
    );
    expect(new Set([...kept, "go"])).toEqual(new Set(Object.keys(cacheKinds)));
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
