// The package as its users get it: packed, installed for all of a machine, and used from a folder that knows nothing of this one.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kimgVersion, shippedFolder } from "../../src/content.ts";
import type { Finished } from "../../src/edge/io.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";

const io = systemIo(startProgress("quiet"), new AbortController().signal);
let folder: string;

/** npm is the user's, and reads its settings and certificates from the environment. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
);

const run = (argv: readonly [string, ...string[]], accept = [0]): Promise<Finished> =>
  io.processes.run({ doing: `running ${argv.join(" ")}`, argv, folder, accept, environment });

const kimg = (...words: readonly string[]): Promise<Finished> =>
  run([join(folder, "prefix/bin/kimg"), ...words], [0, 1, 2, 3]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kimg-install-"));
  await run(["npm", "pack", "--silent", "--pack-destination", folder, shippedFolder]);
  const packed = (await readdir(folder)).find((name) => name.endsWith(".tgz")) ?? "nothing was packed";
  await run([
    "npm",
    "install",
    "--global",
    "--no-audit",
    "--no-fund",
    "--prefix",
    join(folder, "prefix"),
    join(folder, packed),
  ]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("kimg, installed", () => {
  it("says its version and its help", async () => {
    expect((await kimg("--version")).stdout).toBe(`${kimgVersion}\n`);
    for (const verb of ["init", "check", "secrets", "render", "build", "mirror create", "cache prune"]) {
      expect((await kimg(...verb.split(" "), "--help")).stdout, verb).toMatch(/^Usage: kimg /);
    }
  });

  it("makes a cluster's seeds out of nothing", async () => {
    expect(await kimg("init")).toMatchObject({ code: 0 });
    expect((await kimg("check")).stdout).toContain("cluster.yaml is right: cluster example");
    expect(await kimg("secrets")).toMatchObject({ code: 0 });
    expect((await kimg("--quiet", "render")).stderr).toBe("");
    expect(await readdir(join(folder, "build/example/workers/nocloud"))).toEqual([
      "meta-data",
      "network-config",
      "user-data",
    ]);
  });

  it("knows the roles and images that it ships", async () => {
    const { code, stderr } = await kimg("build", "--role", "wroker", "--image", "debian-14");
    expect(code).toBe(1);
    expect(stderr).toContain('no role "wroker"; did you mean "worker"?');
    expect(stderr).toContain("known images: debian-12, debian-13");
  });

  it("exits with 2 when it is called wrongly", async () => {
    expect(await kimg("bulid")).toMatchObject({ code: 2 });
    expect((await kimg("build")).stderr).toContain("which role?");
    expect(await kimg()).toMatchObject({ code: 2 });
  });

  it("overwrites neither cluster.yaml nor the secrets", async () => {
    expect(await kimg("init")).toMatchObject({ code: 1 });
    expect((await kimg("secrets")).stderr).toContain("exists and is never overwritten");
  });
});
