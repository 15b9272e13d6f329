// Images as files: the same bytes each time, sums that can be checked, locks that hold. The load balancer's image stands for all: it is
// the smallest, and comes through the same stages.
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BuildCommandOptions, build } from "../../src/commands/build.ts";
import { DiagnosticError } from "../../src/diagnostic.ts";
import type { Io } from "../../src/edge/io.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { parseLock } from "../../src/lock.ts";
import { type WarmCache, warmCache } from "../support/warm-cache.ts";

const real = systemIo(startProgress("lines"), new AbortController().signal);
const name = "haproxy-debian-13-1.37.2-amd64";
let folder: string;
let first: WarmCache;
let second: WarmCache | undefined;

const withCache = (cache: string): Io => ({ ...real, environment: { ...real.environment, KIMG_CACHE: cache } });

const options = (output: string, more: Partial<BuildCommandOptions> = {}): BuildCommandOptions => ({
  ...{ role: ["haproxy"], arch: "amd64", format: ["qcow2", "raw", "tar"], library: [], kubernetes: "1.37.2" },
  output: join(folder, output),
  ...more,
});

const images = (output: string): string => join(folder, output, "images", name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kimg-image-"));
  first = await warmCache(["base"]);
  await build(withCache(first.folder), options("first"));
});
afterAll(async () => {
  await first.remove();
  await second?.remove();
  await rm(folder, { recursive: true, force: true });
});

describe("an image", () => {
  it("lies beside its lock, its manifest and its sums, which sha256sum takes", async () => {
    expect((await readdir(images("first"))).toSorted()).toEqual([
      "SHA256SUMS",
      "artifacts.json",
      ...["qcow2", "raw", "tar"].map((extension) => `${name}.${extension}`),
      "kimg.lock",
    ]);
    const checked = await real.processes.run({
      doing: "checking sums",
      argv: ["sha256sum", "--check", "SHA256SUMS"],
      folder: images("first"),
    });
    expect(checked.stdout.trim().split("\n")).toHaveLength(4);
  });

  it("names each package with its digest in the lock", async () => {
    const lock = parseLock(await readFile(join(images("first"), "kimg.lock"), "utf8"), "kimg.lock");
    const kinds = new Set(lock.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(["distribution-package"]));
    expect(lock.map((entry) => entry.name)).toEqual(expect.arrayContaining(["haproxy", "keepalived", "cloud-init"]));
    expect(lock.filter(({ sha256, source }) => !/^[0-9a-f]{64}$/.test(sha256) || source === "")).toEqual([]);
  });

  it("is not made again when nothing changed", async () => {
    const [built] = await build(withCache(first.folder), options("first"));
    expect(built?.unchanged).toBe(true);
  });

  it("is put back when its disk was written to", async () => {
    const disk = join(images("first"), `${name}.qcow2`);
    await writeFile(disk, "overwritten by a machine");
    const [built] = await build(withCache(first.folder), options("first"));
    expect(built?.unchanged).toBe(false);
    expect((await stat(disk)).size).toBe(built?.artifacts.find(({ kind }) => kind === "qcow2")?.size);
  });

  it("comes out the same, byte for byte, from another cache into another folder", async () => {
    second = await warmCache();
    await build(withCache(second.folder), options("second"));
    const [one, other] = await Promise.all(
      ["first", "second"].map((output) => readFile(join(images(output), "SHA256SUMS"), "utf8")),
    );
    expect(other).toBe(one);
  });
});

describe("--locked", () => {
  it("takes what the lock says", async () => {
    await expect(build(withCache(first.folder), options("first", { locked: true }))).resolves.toHaveLength(1);
  });

  it("says what differs, and leaves what is there", async () => {
    const path = join(images("first"), "kimg.lock");
    const lock = await readFile(path, "utf8");
    await writeFile(path, lock.replace(/("name":"haproxy","version":")[^"]+/, "$10.0.1"));
    const refused = build(withCache(first.folder), options("first", { locked: true }));
    await expect(refused).rejects.toBeInstanceOf(DiagnosticError);
    await expect(refused).rejects.toThrow(/distribution-package haproxy is locked at 0\.0\.1, but this build has \d/);
    expect(await readFile(path, "utf8")).toContain('"version":"0.0.1"');
    await writeFile(path, lock);
  });

  it("wants a lock", async () => {
    const refused = build(withCache(first.folder), options("nowhere", { locked: true }));
    await expect(refused).rejects.toThrow(/there is no .*nowhere\/images\/.*kimg\.lock/);
  });
});
