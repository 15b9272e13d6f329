// Tools trees, their sandbox, and namespaces that are left clean however a build ends: with the real mmdebstrap and bubblewrap.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shippedFolder } from "../../src/content.ts";
import { type Cache, cacheFolder, openCache } from "../../src/edge/cache.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { imageTools } from "../../src/engines/disk/image-tools.ts";
import { asRoot, withWorkFolder } from "../../src/tools/as-root.ts";
import { type Sandboxed, sandboxed } from "../../src/tools/sandbox.ts";
import type { ToolsTree } from "../../src/tools/tools.ts";

const io = systemIo(startProgress("quiet"), new AbortController().signal);
let tools: ToolsTree;
let folder: string;
/** Of this test only. */
let cache: Cache;

beforeAll(async () => {
  tools = await imageTools(io, openCache(io, cacheFolder(io.environment)), ["qcow2"]);
  folder = await mkdtemp(join(tmpdir(), "kimg-tools-"));
  cache = openCache(io, join(folder, "cache"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = async (script: string, more: Partial<Sandboxed> = {}): Promise<string> => {
  const program = { doing: "testing a sandbox", argv: ["sh", "-c", script] as const, ...more };
  return (await io.processes.run(sandboxed(io, tools, program))).stdout;
};

describe("a tools tree", () => {
  it("has its packages in a lock, with digests, and programs that run", async () => {
    expect(tools.lock.map(({ name }) => name)).toEqual(expect.arrayContaining(["e2fsprogs", "grub-pc-bin", "libc6"]));
    expect(tools.lock.filter(({ sha256 }) => !/^[0-9a-f]{64}$/.test(sha256))).toEqual([]);
    expect(await run("qemu-img --version")).toMatch(/^qemu-img version \d/);
  });

  it("belongs to whoever runs kimg", async () => {
    expect((await stat(join(tools.folder, "usr/bin/env"))).uid).toBe(process.getuid?.());
  });
});

describe("the sandbox", () => {
  it("shows the tree and what is bound, and lets nothing be written but what is meant to be", async () => {
    await writeFile(join(folder, "seen"), "from outside");
    const binds = [{ from: folder, to: "/given", writable: true }];
    expect(await run("cat /given/seen && echo inside > /given/written", { binds })).toBe("from outside");
    expect(await readFile(join(folder, "written"), "utf8")).toBe("inside\n");
    const refusals = await run("for path in /x /usr/x /etc/x; do (: > $path) 2>/dev/null || echo refused; done");
    expect(refusals).toBe("refused\nrefused\nrefused\n");
    await expect(run(`cat ${join(shippedFolder, "package.json")}`)).rejects.toThrow("testing a sandbox");
  });

  it("has an environment of its own, appears to be root and has no network", async () => {
    expect((await run("env")).trim().split("\n").toSorted()).toEqual(
      [
        "HOME=/tmp",
        "LC_ALL=C.UTF-8",
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        "PWD=/tmp",
        "TMPDIR=/tmp",
        "TZ=UTC",
      ].toSorted(),
    );
    expect(await run("id -u; ls /sys 2>/dev/null; cat /proc/net/dev | grep -c :")).toBe("0\n1\n");
  });

  it("shares the network and its certificate authorities when asked", async () => {
    const found = await run("grep -c : /proc/net/dev; ls /etc/ssl/certs | wc -l", { network: true });
    const [interfaces = 0, certificates = 0] = found.split("\n").map(Number);
    expect(interfaces).toBe((await readFile("/proc/net/dev", "utf8")).split(":").length - 1);
    expect(certificates).toBe((await readdir("/etc/ssl/certs").catch(() => [])).length);
  });
});

describe("work as root", () => {
  it("can make files of any owner, and leaves none", async () => {
    let place = "";
    await withWorkFolder(io, cache, async (work) => {
      place = work;
      const script =
        'mkdir "$1/deep" && touch "$1/deep/file" && chown -R 33:44 "$1/deep" && chmod 700 "$1/deep" && stat -c %u:%g "$1/deep"';
      const argv = ["sh", "-c", script, "sh", work] as const;
      expect((await io.processes.run(asRoot(io, { doing: "making files", argv, work }))).stdout).toBe("33:44\n");
    });
    await expect(stat(place)).rejects.toThrow("ENOENT");
    expect(await readdir(join(cache.folder, "work"))).toEqual([]);
  });

  it("mounts for itself alone", async () => {
    await withWorkFolder(io, cache, async (work) => {
      const script =
        'mkdir "$1/mounted" && mount -t tmpfs none "$1/mounted" && touch "$1/mounted/file" && ls "$1/mounted"';
      const argv = ["sh", "-c", script, "sh", work] as const;
      expect((await io.processes.run(asRoot(io, { doing: "mounting", argv, work }))).stdout).toBe("file\n");
      expect(await readdir(join(work, "mounted"))).toEqual([]);
    });
  });

  it("fails with the program's own exit code and words", async () => {
    await withWorkFolder(io, cache, async (work) => {
      const argv = ["sh", "-c", "echo the reason >&2; exit 7"] as const;
      const failed = io.processes.run(asRoot(io, { doing: "failing", argv, work }));
      await expect(failed).rejects.toMatchObject({
        details: { tail: expect.stringContaining("the reason\n(exit code 7)") },
      });
    });
  });
});

/** A kimg of its own that makes files of other owners, mounts over them and sleeps until it is killed. */
const sleeper = (): string => `
  import { openCache } from "${shippedFolder}/src/edge/cache.ts";
  import { startProgress } from "${shippedFolder}/src/edge/progress.ts";
  import { systemIo } from "${shippedFolder}/src/edge/system-io.ts";
  import { asRoot, withWorkFolder } from "${shippedFolder}/src/tools/as-root.ts";
  const io = systemIo(startProgress("quiet"), new AbortController().signal);
  await withWorkFolder(io, openCache(io, ${JSON.stringify(join(folder, "cache"))}), async (work) => {
    const script = 'mkdir "$1/theirs" "$1/mounted"; chown 33:44 "$1/theirs"; chmod 700 "$1/theirs"; mount --bind /usr "$1/mounted"; echo ready; sleep 600';
    const argv = ["sh", "-c", script, "sh", work];
    await io.processes.run(asRoot(io, { doing: "sleeping", argv, work, onLine: (line) => console.log(line) }));
  });
`;

const processesWith = async (text: string): Promise<string[]> => {
  const ids = (await readdir("/proc")).filter((id) => /^\d+$/.test(id) && id !== String(process.pid));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
  return lines.filter((line) => line.includes(text));
};

describe("a kimg that is killed with -9", () => {
  it("takes its processes and mounts with it; the next one removes its files and nothing else", async () => {
    await writeFile(join(folder, "sleeper.mts"), sleeper());
    const argv = ["--import", "tsx", join(folder, "sleeper.mts")];
    const child = spawn(process.execPath, argv, { cwd: shippedFolder, stdio: ["ignore", "pipe", "inherit"] });
    await new Promise<void>((resolve) =>
      child.stdout.on("data", (chunk: Buffer) => String(chunk).includes("ready") && resolve()),
    );
    expect(await processesWith(cache.folder)).not.toEqual([]);
    child.kill("SIGKILL");
    await expect.poll(() => processesWith(cache.folder), { timeout: 10_000 }).toEqual([]);
    expect(await readFile("/proc/self/mountinfo", "utf8")).not.toContain(cache.folder);
    expect(await readdir(join(cache.folder, "work"))).toHaveLength(2);
    await withWorkFolder(io, cache, async () => {
      expect(await readdir(join(cache.folder, "work"))).toHaveLength(2);
    });
    expect(await readdir(join(cache.folder, "work"))).toEqual([]);
    expect(await readdir("/usr/bin")).not.toEqual([]);
  });
});
