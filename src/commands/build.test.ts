import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { withScratch } from "../../tests/support/scratch.ts";
import type { Artifact } from "../model.ts";
import { createProgram } from "../program.ts";
import { describeBuilt, wanted } from "./build.ts";
import { packer } from "./packer.ts";

const name = "worker-debian-13-1.37.2-amd64";

const artifact = (kind: Artifact["kind"], path: string): Artifact => ({
  ...{ id: kind, kind, path, size: 2 ** 20, sha256: "0".repeat(64), purpose: "to boot" },
});

const described = (artifacts: readonly Artifact[]): string =>
  describeBuilt(
    [{ name, folder: join(process.cwd(), "build/images", name), artifacts, lock: [], unchanged: false }],
    [],
  );

it("says how an image is booted, in words that the command line takes", async () => {
  const lines = described([artifact("tar", "x.tar"), artifact("qcow2", "x.qcow2")]).split("\n");
  const command = lines.find((line) => line.startsWith("    kimg ")) ?? "";
  const calls: unknown[] = [];
  const program = createProgram(async (...call) => void calls.push(call.slice(0, 2)));
  await program.parseAsync(command.trim().split(" ").slice(1), { from: "user" });
  expect(calls).toEqual([["boot", [`build/images/${name}`]]]);
  expect(command).not.toMatch(/[<>]/);
});

it("says so only of what has a disk", () => {
  expect(described([artifact("tar", "x.tar")])).not.toContain("boot it");
});

it("builds what a cluster needs, or what of it is asked for, and refuses what no node has", () =>
  withScratch(async ({ io, folder }) => {
    const cluster = join(folder, "cluster.yaml");
    await writeFile(
      cluster,
      "version: 1\nname: prod\nnetwork: { nodes: 10.0.0.0/24 }\nnodes: [{ name: cp1, role: master-init, address: 10.0.0.2 }]\npools: [{ name: w, role: worker, image: debian-12 }]\n",
    );
    const ask = async (role: readonly string[], image?: string) => {
      const { pairs } = await wanted(io, { role, cluster, library: [], ...(image === undefined ? {} : { image }) });
      return pairs.map((pair) => `${pair.role.name} on ${pair.image.name}`);
    };
    expect(await ask([])).toEqual(["master-init on debian-13", "worker on debian-12"]);
    expect(await ask(["worker"])).toEqual(["worker on debian-12"]);
    expect(await ask([], "debian-13")).toEqual(["master-init on debian-13"]);
    await expect(ask(["wroker"])).rejects.toMatchObject({
      diagnostics: [{ code: "build/unknown-role", message: 'no role "wroker"; did you mean "worker"?' }],
    });
    await expect(ask(["worker"], "debian-13")).rejects.toMatchObject({
      diagnostics: [{ code: "build/unknown-image", hint: "the cluster's images: debian-12" }],
    });
  }));

it("gives programs the directories that Packer builds from", () =>
  withScratch(async ({ io, folder }) => {
    const options = { role: ["worker"], builder: ["qemu"], library: [], arch: "amd64", output: folder } as const;
    const said = await packer(io, {
      ...options,
      ...{ syntax: "hcl2", packerVersion: "1.15.0", templateOnly: true, json: true },
    });
    const directory = join(folder, "packer", `${name}-qemu`);
    expect(JSON.parse(said)).toEqual([
      { directory, builder: "qemu", role: "worker", image: "debian-13", filled: false },
    ]);
    expect(await io.files.list(directory)).toContain("README.md");
  }));
