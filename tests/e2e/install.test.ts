// The package as its users get it: packed, installed for all of a machine, and used from a folder that knows nothing of this one.
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
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

  it("explains itself, and brings a man page", async () => {
    expect((await kimg("help", "secrets")).stdout).toContain("Who holds what");
    expect((await kimg("help", "node/unknown-role")).stdout).toContain("No library has a role of this name.");
    expect((await kimg("completion", "bash")).stdout).toContain("complete -F _kimg kimg");
    expect(await kimg("help", "secretz")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"secrets"') as string,
    });
    expect(await readdir(join(folder, "prefix/share/man/man1"))).toEqual(["kimg.1"]);
  });

  it("annotates for GitHub Actions, on standard output", async () => {
    await writeFile(join(folder, "wrong.yaml"), "version: 1\nname: Wrong\n");
    const { code, stdout, stderr } = await kimg("check", "wrong.yaml", "--format", "github");
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toMatch(/^(?:::error file=wrong\.yaml,line=\d+,col=\d+,title=[a-z/-]+::[^\n]+\n)+$/);
  });

  it("overwrites neither cluster.yaml nor the secrets", async () => {
    expect(await kimg("init")).toMatchObject({ code: 1 });
    expect((await kimg("secrets")).stderr).toContain("exists and is never overwritten");
  });
});

/** A program of somebody else, that has the package as a dependency. */
describe("kimg, imported", () => {
  let project: string;
  beforeAll(async () => {
    project = join(folder, "project");
    await mkdir(join(project, "node_modules"), { recursive: true });
    await symlink(join(folder, "prefix/lib/node_modules/kimg"), join(project, "node_modules/kimg"));
  });

  it("renders a cluster in twenty lines", async () => {
    const example = join(shippedFolder, "examples/library/render.mjs");
    expect((await readFile(example, "utf8")).split("\n").length - 1).toBeLessThanOrEqual(20);
    await copyFile(example, join(project, "render.mjs"));
    const { stdout, stderr } = await run(["node", join(project, "render.mjs")]);
    expect(stdout).toMatch(/^cp1\/nocloud\/user-data: \d+ bytes\nworkers\/nocloud\/user-data: \d+ bytes\n$/);
    expect(stderr).toBe("");
  });

  it("has types that a strict program compiles with", async () => {
    await writeFile(
      join(project, "use.mts"),
      `import { type Checked, type DiagnosticCode, DiagnosticError, build, check, formatDiagnostics, render } from "kimg";
      const checked: Checked = await check("cluster.yaml", { libraries: [] });
      const code: DiagnosticCode | undefined = checked.diagnostics[0]?.code;
      const text: string = formatDiagnostics(checked.diagnostics, { color: false });
      const bytes: Uint8Array | undefined = (await render({ version: 1, name: "a" })).files.get("x")?.bytes;
      const folders: string[] = (await build({ roles: ["worker"], formats: ["raw"] })).map(({ folder }) => folder);
      // @ts-expect-error a cluster has no such field
      await check({ version: 1, name: "a", nods: [] });
      export default [code, text, bytes, folders, DiagnosticError];
      `,
    );
    const flags = [
      "--noEmit",
      "--strict",
      "--target",
      "es2023",
      "--module",
      "nodenext",
      "--typeRoots",
      join(shippedFolder, "node_modules/@types"),
      "--types",
      "node",
    ];
    const { code, stdout } = await run(
      [join(shippedFolder, "node_modules/.bin/tsc"), ...flags, join(project, "use.mts")],
      [0, 1, 2],
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  });
});
