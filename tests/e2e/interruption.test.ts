// A build that is stopped, killed, starved or not alone: nothing mounted, nothing running, nothing half-made under a final name, the
// cause said, and the next run succeeds.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { shippedFolder } from "../../src/content.ts";
import { type WarmCache, warmCache } from "../support/warm-cache.ts";

const name = "haproxy-debian-13-1.37.2-amd64";
let folder: string;
let cache: WarmCache;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kimg-interruption-"));
  cache = await warmCache(["base"]);
});
afterEach(async () => {
  await cache.remove();
  await rm(folder, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | NodeJS.Signals>;
}

const command = [process.execPath, "--import", "tsx", join(shippedFolder, "src/cli.ts"), "build", "--role", "haproxy"];

const start = (before: readonly string[] = [], environment: Readonly<Record<string, string>> = {}): Running => {
  const words = [...before, ...command, "--output", join(folder, "build")];
  const env = { ...process.env, KIMG_CACHE: cache.folder, ...environment };
  const child = spawn(words[0] ?? process.execPath, words.slice(1), {
    cwd: shippedFolder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal ?? "SIGKILL"));
  });
  return { child, output: () => output, ended };
};

const until = async (running: Running, text: string): Promise<void> => {
  await expect.poll(running.output, { timeout: 600_000, interval: 100 }).toContain(text);
};

/** Command lines of processes that have to do with this test's cache. */
const processes = async (): Promise<string[]> => {
  const ids = (await readdir("/proc")).filter((id) => /^\d+$/.test(id) && id !== String(process.pid));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
  return lines.filter((line) => line.includes(cache.folder)).map((line) => line.replaceAll("\0", " "));
};

const mounts = async (): Promise<string[]> =>
  (await readFile("/proc/self/mountinfo", "utf8")).split("\n").filter((line) => line.includes(cache.folder));

const expectNothingLeft = async (): Promise<void> => {
  await expect.poll(processes, { timeout: 20_000 }).toEqual([]);
  expect(await mounts()).toEqual([]);
  expect(await readdir(join(folder, "build/images", name)).catch(() => [])).toEqual([]);
};

const expectNextRunSucceeds = async (): Promise<void> => {
  const again = start();
  expect(await again.ended, again.output()).toBe(0);
  expect(await readdir(join(folder, "build/images", name))).toContain(`${name}.qcow2`);
  expect(await readdir(join(cache.folder, "unfinished")).catch(() => [])).toEqual([]);
};

/** Sends apt on to Debian's archive, a few times, and then breaks off every connection. */
const fadingMirror = async (answers: number): Promise<{ readonly url: string; readonly server: Server }> => {
  let left = answers;
  const server = createServer((request, response) => {
    if (left-- <= 0) request.socket.destroy();
    else response.writeHead(302, { location: `http://deb.debian.org${request.url}` }).end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
};

describe("a build that is interrupted", () => {
  it.each([
    ["SIGINT", "haproxy: provisioning ..."],
    ["SIGTERM", "haproxy: disk ..."],
  ] as const)("by %s during «%s» ends with all it started", async (signal, stage) => {
    const running = start();
    await until(running, stage);
    running.child.kill(signal);
    expect(await running.ended).toBe(130);
    expect(running.output()).toContain(`stopped by ${signal}`);
    await expectNothingLeft();
    await expectNextRunSucceeds();
  });

  it("by kill -9 leaves nothing that the next run cannot cope with", async () => {
    const running = start();
    await until(running, "haproxy: provisioning ...");
    running.child.kill("SIGKILL");
    expect(await running.ended).toBe("SIGKILL");
    await expectNothingLeft();
    await expectNextRunSucceeds();
  });
});

describe("the first stage", () => {
  beforeEach(async () => {
    await cache.remove();
    cache = await warmCache();
  });

  it("says so when the mirror has gone away half-way", async () => {
    const mirror = await fadingMirror(30);
    try {
      const alone = start([], { KIMG_DEBIAN_MIRROR: mirror.url });
      expect(await alone.ended, alone.output()).toBe(3);
      expect(alone.output()).toContain(mirror.url);
    } finally {
      mirror.server.close();
    }
    await expectNothingLeft();
  });

  it("ends mmdebstrap with all it started", async () => {
    const running = start();
    await until(running, "debian-13: packages ...");
    await setTimeout(5_000);
    running.child.kill("SIGTERM");
    expect(await running.ended).toBe(130);
    await expectNothingLeft();
    await expectNextRunSucceeds();
  });
});

describe("a build that cannot go on", () => {
  it("says so when the disk is full", async () => {
    const small = join(folder, "small");
    await mkdir(small);
    // The scratch folders are on a disk of their own, in a mount namespace that ends with the build.
    const script = `mount -t tmpfs -o size=150m tmpfs "$1" && for kind in "$KIMG_CACHE"/*; do cp -P "$kind" "$1"; done && export KIMG_CACHE="$1" && shift && exec "$@"`;
    const full = start(["unshare", "--mount", "sh", "-c", script, "sh", small]);
    expect(await full.ended, full.output()).toBe(3);
    expect(full.output()).toMatch(/no space left/i);
    await expectNothingLeft();
    await expectNextRunSucceeds();
  });
});

describe("two builds in one folder", () => {
  it("wait for each other and both succeed", async () => {
    const both = [start(), start()];
    const codes = await Promise.all(both.map(({ ended }) => ended));
    expect(codes, both.map(({ output }) => output()).join("\n")).toEqual([0, 0]);
    expect(both.map(({ output }) => output()).join("\n")).toContain("waiting for another kimg");
  });
});
