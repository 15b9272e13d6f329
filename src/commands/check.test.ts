import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiagnosticError, type DiagnosticFormat } from "../diagnostic.ts";
import { systemFiles } from "../edge/files.ts";
import type { Io } from "../edge/io.ts";
import { check } from "./check.ts";
import { init } from "./init.ts";

const io = { files: systemFiles() } as Io;

let folder: string;
let cluster: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kimg-check-"));
  cluster = join(folder, "cluster.yaml");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const small = "version: 1\nname: prod\nendpoint: { host: api.example.org }\n";
const run = (format: DiagnosticFormat = "text", ...libraries: readonly string[]): Promise<string> =>
  check(io, { cluster, libraries, format });

const role = (name: string): string =>
  `kimg: { description: d, bootstrap: join-worker }\nwrite_files:\n  - { path: /etc/gpu, content: "{{node.${name}}}" }\n`;

const codes = async (running: Promise<unknown>): Promise<readonly string[]> => {
  try {
    await running;
    return [];
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics.map(({ code }) => code);
    throw error;
  }
};

describe("check", () => {
  it("says in one line what the cluster is", async () => {
    writeFileSync(
      cluster,
      `${small}nodes: [{ name: cp1, role: master-init }]\npools: [{ name: w, role: worker, count: 2 }]\n`,
    );
    expect(await run()).toMatch(/cluster\.yaml is right: cluster prod, 1 master, 2 workers, Kubernetes \d+\.\d+\.\d+$/);
    expect(JSON.parse(await run("json"))).toEqual({ diagnostics: [] });
  });

  it("prints warnings and goes on", async () => {
    writeFileSync(cluster, `${small}nodes: [{ name: a, role: master-init }, { name: b, role: master-join }]\n`);
    expect(await run()).toMatch(/^warning\[masters\/even\][\s\S]*is right: cluster prod, 2 masters, /);
    expect(JSON.parse(await run("json"))).toMatchObject({ diagnostics: [{ code: "masters/even", line: 4 }] });
  });

  it("annotates for GitHub Actions", async () => {
    writeFileSync(cluster, `${small}nodes: [{ name: a, role: master-init }, { name: b, role: master-join }]\n`);
    const [command, summary, ...more] = (await run("github")).split("\n");
    expect(command).toBe(
      `::warning file=${cluster},line=4,col=58,title=masters/even::` +
        "nodes[1].role: 2 masters bear the loss of 0, as 1 would%0Aetcd needs a majority: make it 3 or 1",
    );
    expect(summary).toContain("cluster.yaml is right");
    expect(more).toEqual([]);
  });

  it("refuses, with the warnings too", async () => {
    writeFileSync(cluster, `${small}nodes: [{ name: a, role: master-init }, { name: a, role: master-join }]\n`);
    expect(await codes(run())).toEqual(["node/duplicate-name", "masters/even"]);
    rmSync(cluster);
    expect(await codes(run())).toEqual(["file/missing"]);
  });

  it("judges the user's own roles, with their templates, at once with cluster.yaml", async () => {
    mkdirSync(join(folder, "mine/roles/gpu"), { recursive: true });
    writeFileSync(join(folder, "mine/roles/gpu/role.yaml"), role("name"));
    writeFileSync(cluster, `${small}nodes: [{ name: a, role: master-init }, { name: b, role: gpu }]\n`);
    expect(await codes(run())).toEqual(["node/unknown-role"]);
    expect(await codes(run("text", join(folder, "mine")))).toEqual([]);
    writeFileSync(join(folder, "mine/roles/gpu/role.yaml"), role("nmae"));
    writeFileSync(cluster, `${small}nodes: [{ name: a, role: master-init }, { name: b, role: gup }]\n`);
    expect(await codes(run("text", join(folder, "mine")))).toEqual(["node/unknown-role", "template/unknown-name"]);
  });

  it("does not guess about roles while the library is not whole", async () => {
    mkdirSync(join(folder, "mine/roles/gpu"), { recursive: true });
    writeFileSync(join(folder, "mine/roles/gpu/role.yaml"), "kimg: {}\n");
    writeFileSync(cluster, `${small}nodes: [{ name: a, role: master-init }, { name: b, role: gpu }]\n`);
    expect(await codes(run("text", join(folder, "mine")))).toEqual(["shape/missing-key", "shape/missing-key"]);
  });
});

describe("init", () => {
  it("writes what check accepts without a word, for an editor that knows the schema", async () => {
    expect(await init(io, { cluster })).toContain(cluster);
    const text = await io.files.readText(cluster);
    expect(await run()).toMatch(/^[^\n]* is right: cluster example, 1 load balancer, 3 masters, 10 workers/);
    const schema = new URL(/^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? "");
    expect((await io.files.status(schema.pathname))?.kind).toBe("file");
  });

  it("gives examples in its comments that check accepts too", async () => {
    await init(io, { cluster });
    const text = await io.files.readText(cluster);
    const uncommented = text
      .replaceAll(/^# (kubelet|kubeadm|cloudConfig|roles):/gm, "$1:")
      .replaceAll(/^# {3}/gm, "  ")
      .replaceAll(/^ {4}# /gm, "    ");
    expect(uncommented).toContain("\nkubelet:\n  maxPods: 200\n");
    expect(uncommented).toContain("\n    taints: [");
    writeFileSync(cluster, uncommented);
    expect(await codes(run())).toEqual([]);
  });

  it("overwrites nothing", async () => {
    writeFileSync(cluster, "mine");
    expect(await codes(init(io, { cluster }))).toEqual(["file/exists"]);
    expect(await io.files.readText(cluster)).toBe("mine");
  });
});
