import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withScratch } from "../../tests/support/scratch.ts";
import { componentsFolder, readBase, readComponent } from "./components.ts";
import { kubernetesVersions, readRelease } from "./releases.ts";
import { select } from "./selection.ts";

const controlPlane = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
  "coredns",
  "pause",
  "etcd",
];

/** What `kubeadm config images list --kubernetes-version V` of that very version prints. */
const printedByKubeadm: Readonly<Record<string, readonly string[]>> = {
  "1.37.2": ["coredns/coredns:v1.14.6", "pause:3.10.2", "etcd:3.7.0-0"],
  "1.36.3": ["coredns/coredns:v1.14.2", "pause:3.10.2", "etcd:3.6.8-0"],
  "1.36.1": ["coredns/coredns:v1.14.2", "pause:3.10.2", "etcd:3.6.8-0"],
  "1.35.4": ["coredns/coredns:v1.13.1", "pause:3.10.1", "etcd:3.6.6-0"],
  "1.34.4": ["coredns/coredns:v1.12.1", "pause:3.10.1", "etcd:3.6.5-0"],
};

describe("select", () => {
  it.each(Object.keys(printedByKubeadm))("names the images of %s as kubeadm does", (kubernetes) =>
    withScratch(async ({ io }) => {
      const { images } = await select(io, { kubernetes, packages: [], images: controlPlane, architecture: "amd64" });
      const own = controlPlane.slice(0, 4).map((name) => `${name}:v${kubernetes}`);
      const expected = [...own, ...(printedByKubeadm[kubernetes] ?? [])].map((name) => `registry.k8s.io/${name}`);
      expect(images.map(({ name }) => name)).toEqual(expected);
    }),
  );

  it("takes a component's name for all its images", () =>
    withScratch(async ({ io }) => {
      const request = { kubernetes: "1.37.2", packages: [], architecture: "amd64" } as const;
      const { images } = await select(io, { ...request, images: ["flannel", "flannel-cni-plugin"] });
      expect(images.map(({ short }) => short)).toEqual(["flannel", "flannel-cni-plugin"]);
    }));

  it("fills every placeholder", () =>
    withScratch(async ({ io }) => {
      const packages = ["kubeadm", "kubelet", "kubectl", "kubernetes-cni", "containerd", "runc"];
      const request = { kubernetes: "1.35.4", packages, images: controlPlane, architecture: "amd64" } as const;
      const selection = await select(io, request);
      expect(JSON.stringify(selection)).not.toMatch(/\{\w+\}/);
      const kubelet = selection.packages[1];
      expect(kubelet?.component.upstream.repository).toBe("https://pkgs.k8s.io/core:/stable:/v1.35/deb/");
      expect(kubelet?.component.programs["kubelet"]?.stamp["k8s.io/component-base/version.gitMinor"]).toBe("35");
    }));

  it("refuses what no component yields, and guesses what was meant", () =>
    withScratch(async ({ io }) => {
      const request = { kubernetes: "1.37.2", packages: ["kubelt"], images: [], architecture: "amd64" } as const;
      await expect(select(io, request)).rejects.toMatchObject({
        diagnostics: [{ code: "components/unknown", message: expect.stringContaining('did you mean "kubelet"?') }],
      });
    }));
});

describe("the content that kimg ships", () => {
  it("pins a module for every program of every release, and has every file and base", () =>
    withScratch(async ({ io }) => {
      const needed = new Set<string>();
      for (const kubernetes of (await kubernetesVersions(io)).supported) {
        for (const name of Object.keys(await readRelease(io, kubernetes))) {
          const component = await readComponent(io, name);
          const packages = Object.keys(component.packages);
          const chosen = await select(io, {
            kubernetes,
            packages,
            images: Object.keys(component.images),
            architecture: "amd64",
          });
          for (const part of [...chosen.packages, ...chosen.images]) {
            for (const content of Object.values(part.files)) {
              if ("file" in content) needed.add(`files/${content.file}`);
              else needed.add(`modules/${part.component.programs[content.program]?.module}/go.sum`);
            }
          }
          for (const image of chosen.images) if (image.base !== undefined) await readBase(io, image.base);
        }
      }
      const missing = await Promise.all(
        [...needed].map(async (path) => ((await io.files.status(join(componentsFolder, path))) ? [] : [path])),
      );
      expect(missing.flat()).toEqual([]);
      expect(needed.size).toBeGreaterThan(15);
    }));
});
