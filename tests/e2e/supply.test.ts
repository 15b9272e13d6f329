// The default release compiled from modules: the packages are taken by Debian's own tools, the programs run and say what they are.
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import { compilePrograms } from "../../src/supply/compile.ts";
import { select } from "../../src/supply/selection.ts";
import { supply } from "../../src/supply/supply.ts";
import { kubernetesVersions } from "../../src/supply/releases.ts";
import { withScratch } from "../support/scratch.ts";

const packages = ["kubeadm", "kubelet", "kubectl", "kubernetes-cni", "containerd", "runc"];
const images = ["pause", "kube-proxy", "coredns", "flannel"];
const architecture = "amd64";
const epoch = 1_700_000_000;

const versionCommands: Readonly<Record<string, string>> = {
  "usr/bin/kubeadm": "version -o short",
  "usr/bin/kubelet": "--version",
  "usr/bin/kubectl": "version --client",
  "usr/bin/containerd": "--version",
  "usr/sbin/runc": "--version",
  "opt/cni/bin/bridge": "--version",
};

describe("from: modules", () => {
  it("yields packages that dpkg takes, with programs that say their version", () =>
    withScratch(async ({ io, folder }) => {
      const { default: version } = await kubernetesVersions(io);
      const kubernetes = { version, from: "modules", mirror: undefined } as const;
      const cache = openCache(io, cacheFolder(io.environment));
      const parts = await supply(io, cache, { kubernetes, packages, images, architecture, epoch });
      const kubelet = parts.lock.find(({ name }) => name === "kubelet");
      expect(kubelet?.source).toMatch(/^k8s\.io\/kubernetes@v[\d.]+ with go[\d.]+$/);
      const run = async (...argv: [string, ...string[]]) => {
        const { stdout, stderr } = await io.processes.run({ doing: "testing", argv });
        return stdout + stderr;
      };
      for (const name of packages) {
        const entry = parts.lock.find((locked) => locked.kind === "package" && locked.name === name);
        const path = join(parts.packages, `${name}_${entry?.version}_${architecture}.deb`);
        expect(await run("dpkg-deb", "--show", "--showformat=${Package} ${Version}", path)).toBe(
          `${name} ${entry?.version}`,
        );
        await run("dpkg-deb", "--extract", path, folder);
      }
      const said = await Promise.all(
        Object.entries(versionCommands).map(async ([path, flags]) => run(join(folder, path), ...flags.split(" "))),
      );
      expect(said.map((text) => /\d+\.\d+\.\d+/.exec(text)?.[0])).toEqual([
        version,
        version,
        version,
        "2.4.2",
        "1.5.2",
        "1.9.1",
      ]);
      const control = [
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kube-proxy",
        "coredns",
        "pause",
        "etcd",
      ];
      const { images: chosen } = await select(io, { kubernetes: version, packages: [], images: control, architecture });
      const listed = await run(
        join(folder, "usr/bin/kubeadm"),
        "config",
        "images",
        "list",
        "--kubernetes-version",
        version,
      );
      expect(listed.trim().split("\n")).toEqual(chosen.map(({ name }) => name));
    }));

  it("compiles the same bytes with an empty cache elsewhere, cgo and C included", () =>
    withScratch(async ({ io, folder }) => {
      const { default: kubernetes } = await kubernetesVersions(io);
      const { packages: chosen, images: alone } = await select(io, {
        kubernetes,
        packages: ["runc"],
        images: ["pause"],
        architecture,
      });
      const programs = [...chosen, ...alone].flatMap(({ component }) => Object.values(component.programs));
      expect(programs).toHaveLength(2);
      const known = cacheFolder(io.environment);
      const first = await compilePrograms(io, openCache(io, known), programs);
      const other = join(folder, "elsewhere");
      await io.files.makeFolder(other);
      await symlink(join(known, "tools"), join(other, "tools"));
      const second = await compilePrograms(io, openCache(io, other), programs);
      for (const program of programs) {
        const [before, after] = [first.get(program)?.path ?? "", second.get(program)?.path ?? ""];
        expect(after).not.toBe(before);
        expect(await io.files.sha256(after)).toEqual(await io.files.sha256(before));
      }
    }));
});
