import { mkdtemp, open, readFile, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ToolError } from "../diagnostic.ts";
import { canonicalHash, cacheFolder, openCache } from "./cache.ts";
import { systemFiles } from "./files.ts";
import { shellLine, systemProcesses } from "./processes.ts";
import { formatSeconds, startProgress } from "./progress.ts";
import { systemIo } from "./system-io.ts";

let folder: string;
const never = new AbortController().signal;
const quiet = startProgress("quiet");

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kimg-edge-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Whether a process runs; one that has ended and waits to be reaped does not. */
const runs = async (id: number): Promise<boolean> => {
  const status = await readFile(`/proc/${id}/status`, "utf8").catch(() => "State:\tX");
  return !/^State:\t[XZ]/m.test(status);
};

const recorded = (
  style: "lines" | "json" | "terminal",
): { progress: ReturnType<typeof startProgress>; text: () => string } => {
  let text = "";
  let clock = 0;
  const output = {
    write: (more: string): void => {
      text += more;
    },
    now: () => (clock += 500),
    columns: () => 80,
    color: false,
  };
  return { progress: startProgress(style, output), text: () => text };
};

describe("files", () => {
  const files = systemFiles();

  it("writes whole files with their mode and leaves nothing beside them", async () => {
    await files.write(join(folder, "a/b"), "one", 0o600);
    await files.write(join(folder, "a/b"), "two", 0o640);
    expect(await readFile(join(folder, "a/b"), "utf8")).toBe("two");
    expect((await stat(join(folder, "a/b"))).mode & 0o777).toBe(0o640);
    expect(await readdir(join(folder, "a"))).toEqual(["b"]);
  });

  it("never overwrites with create", async () => {
    await files.create(join(folder, "c"), "first", 0o600);
    await expect(files.create(join(folder, "c"), "second")).rejects.toMatchObject({ code: "EEXIST" });
    expect(await files.readText(join(folder, "c"))).toBe("first");
    expect(await readdir(folder)).toEqual(["c"]);
  });

  it("tells what is there, and what is not", async () => {
    await files.write(join(folder, "f"), "12345");
    expect(await files.status(join(folder, "f"))).toMatchObject({ kind: "file", size: 5 });
    expect(await files.status(join(folder, "f/below"))).toBeUndefined();
    expect(await files.status(folder)).toMatchObject({ kind: "directory" });
  });

  it("reads a part of a file, both ends of it included, and no further than there is", async () => {
    await files.write(join(folder, "f"), "0123456789");
    const parts = [
      { start: 2, end: 4 },
      { start: 8, end: 20 },
    ];
    const read = parts.map(async (range) => {
      const chunks: Buffer[] = [];
      for await (const chunk of files.openRead(join(folder, "f"), range)) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString();
    });
    expect(await Promise.all(read)).toEqual(["234", "89"]);
  });

  it("follows links to where a path really is", async () => {
    await files.write(join(folder, "real"), "x");
    await files.link("real", join(folder, "link"));
    expect(await files.realPath(join(folder, "link"))).toBe(await files.realPath(join(folder, "real")));
    expect(await files.realPath(join(folder, "nothing"))).toBeUndefined();
  });

  it("publishes a copy of its own with the time it is given, holes and all", async () => {
    const file = await open(join(folder, "disk"), "w");
    await file.truncate(2 ** 24);
    await file.write("end", 2 ** 24);
    await file.close();
    await files.publish(join(folder, "disk"), join(folder, "out/disk"), new Date(1_735_689_600_000));
    const copy = await stat(join(folder, "out/disk"));
    expect(copy).toMatchObject({ size: 2 ** 24 + 3, mtimeMs: 1_735_689_600_000, nlink: 1 });
    expect(copy.blocks * 512).toBeLessThan(2 ** 20);
  });

  it("hashes as sha256sum does", async () => {
    await files.write(join(folder, "h"), "abc");
    expect(await files.sha256(join(folder, "h"))).toEqual({
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      size: 3,
    });
  });

  it("lets one holder of a lock in at a time", async () => {
    const path = join(folder, "lock");
    const waits: string[] = [];
    const release = await files.lock(path, () => waits.push("first"));
    const second = files.lock(path, () => waits.push("second"));
    await expect.poll(() => waits).toEqual(["second"]);
    await release();
    await (
      await second
    )();
  });
});

describe("processes", () => {
  const processes = systemProcesses(process.env, never);

  it("gives output and exit code", async () => {
    const finished = await processes.run({
      doing: "trying",
      argv: ["sh", "-c", "cat; echo no >&2; exit 3"],
      input: "in",
      accept: [3],
    });
    expect(finished).toEqual({ code: 3, stdout: "in", stderr: "no\n" });
  });

  it("says what failed, with a command to paste and the end of its output", async () => {
    const failed = processes.run({ doing: "trying", argv: ["sh", "-c", "echo it broke; exit 4"], hint: "mend it" });
    await expect(failed).rejects.toMatchObject({
      doing: "trying",
      details: { command: "sh -c 'echo it broke; exit 4'", tail: "it broke\n(exit code 4)", hint: "mend it" },
    });
  });

  it("names a program that is not there", async () => {
    await expect(processes.run({ doing: "trying", argv: ["no-such-program"] })).rejects.toBeInstanceOf(ToolError);
  });

  it.each(["SIGTERM", "SIGKILL"] as const)("ends one program alone, with %s", async (by) => {
    const end = new AbortController();
    const script = 'trap "echo in good order; exit 0" TERM; sleep 30 & echo up; wait';
    const lines: string[] = [];
    const ended = processes.run({
      doing: "trying",
      argv: ["sh", "-c", script],
      onLine: (line) => {
        lines.push(line);
        if (line === "up") end.abort(new Error("enough"));
      },
      ending: { signal: end.signal, by },
    });
    await expect(ended).rejects.toThrow("enough");
    expect(lines).toEqual(by === "SIGTERM" ? ["up", "in good order"] : ["up"]);
  });

  it("does not pass this process's environment on", async () => {
    process.env["KIMG_TEST_SECRET"] = "hidden";
    const { stdout } = await processes.run({ doing: "trying", argv: ["env"], environment: { A: "b" } });
    delete process.env["KIMG_TEST_SECRET"];
    expect(stdout).toContain("A=b\n");
    expect(stdout).not.toContain("hidden");
  });

  it("ends a program and its children on abort", async () => {
    const abort = new AbortController();
    let sleeper = 0;
    const running = systemProcesses(process.env, abort.signal).run({
      doing: "sleeping",
      argv: ["sh", "-c", "sleep 1000 & echo $!; wait"],
      onLine: (line) => {
        sleeper = Number(line);
        abort.abort(new Error("stopped"));
      },
    });
    await expect(running).rejects.toThrow("stopped");
    await expect.poll(() => runs(sleeper)).toBe(false);
  });

  it("quotes for a shell", () => {
    expect(shellLine({ argv: ["a", "it's"], folder: "/x y", environment: { K: "v w" } })).toBe(
      `cd '/x y' && K='v w' a 'it'\\''s'`,
    );
  });
});

describe("what cannot be read", () => {
  it("is named, a folder too", async () => {
    const files = systemFiles();
    for (const read of [files.read, files.readText, files.sha256]) {
      await expect(read(folder)).rejects.toMatchObject({ code: "EISDIR", path: folder });
      await expect(read(join(folder, "nothing"))).rejects.toMatchObject({ code: "ENOENT" });
    }
  });
});

describe("cache", () => {
  it("makes an entry once, whatever the order of its input's keys", async () => {
    const cache = openCache(systemIo(quiet, never), folder);
    let made = 0;
    const make = async (to: string): Promise<void> => {
      made += 1;
      await systemFiles().write(join(to, "result"), "r");
    };
    const [first, second] = await Promise.all([
      cache.entry("thing", { a: 1, b: [2] }, make),
      cache.entry("thing", { b: [2], a: 1 }, make),
    ]);
    expect(first.folder).toBe(second.folder);
    expect(await cache.entry("thing", { a: 1, b: [2] }, make)).toMatchObject({ reused: true });
    expect(made).toBe(1);
    expect(await readFile(join(first.folder, "result"), "utf8")).toBe("r");
  });

  it("keeps nothing of a maker that failed", async () => {
    const cache = openCache(systemIo(quiet, never), folder);
    await expect(cache.entry("thing", 1, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await readdir(join(folder, "unfinished"))).toEqual([]);
    expect(await cache.entry("thing", 1, () => Promise.resolve())).toMatchObject({ reused: false });
  });

  it("clears away what a killed maker has left", async () => {
    const cache = openCache(systemIo(quiet, never), folder);
    await systemFiles().write(join(folder, "unfinished", `thing-${canonicalHash(1)}`, "half"), "h");
    const { folder: entry } = await cache.entry("thing", 1, (to) => systemFiles().write(join(to, "whole"), "w"));
    expect(await readdir(entry)).toEqual(["whole"]);
  });

  it("hashes values, not their spelling", () => {
    expect(canonicalHash({ a: { c: 1, b: 2 } })).toBe(canonicalHash({ a: { b: 2, c: 1 } }));
    expect(canonicalHash(["a", "b"])).not.toBe(canonicalHash(["b", "a"]));
  });

  it("is where the user says, else where XDG says", () => {
    expect(cacheFolder({ KIMG_CACHE: "/c", HOME: "/h" })).toBe("/c");
    expect(cacheFolder({ XDG_CACHE_HOME: "/x" })).toBe("/x/kimg");
    expect(cacheFolder({ HOME: "/h" })).toBe("/h/.cache/kimg");
  });
});

describe("progress", () => {
  it("prints a line when a stage starts and one when it ends", async () => {
    const { progress, text } = recorded("lines");
    await progress.stage("packing", async (stage) => stage.detail("half"));
    await progress.stage("cached", async (stage) => stage.reused());
    await expect(progress.stage("breaking", () => Promise.reject(new Error("x")))).rejects.toThrow("x");
    expect(text()).toMatch(
      /^packing \.\.\.\npacking [\d.]+ s\ncached \.\.\.\ncached \(unchanged\)\nbreaking \.\.\.\nbreaking failed after/,
    );
    expect(progress.times.map(({ stage, reused }) => [stage, reused])).toEqual([
      ["packing", false],
      ["cached", true],
    ]);
  });

  it("prints events as JSON, one a line", async () => {
    const { progress, text } = recorded("json");
    await progress.stage("packing", async () => {});
    progress.note("well");
    expect(
      text()
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { event: string }).event),
    ).toEqual(["stage-started", "stage-finished", "note"]);
  });

  it("writes times as people say them", () => {
    expect([1.24, 42.4, 125].map(formatSeconds)).toEqual(["1.2 s", "42 s", "2 min 05 s"]);
  });
});
