import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Scratch } from "../../../tests/support/scratch.ts";
import type { Pages } from "../../../tests/support/upstream-server.ts";
import {
  containerdPrograms,
  makeArchive,
  makeSigningKey,
  packageBytes,
  publishFile,
  publishImage,
  publishRepository,
  sha256,
  type SigningKey,
} from "../../../tests/support/upstream-server-content.ts";
import {
  kubelet,
  kubeletPage,
  repository,
  repositoryPages,
  selectWanted,
  slow,
  take,
  type Wanted,
  withWorld,
} from "../../../tests/support/upstream-server-world.ts";
import type { ToolError } from "../../diagnostic.ts";
import { assemble, type Parts } from "../assembly.ts";
import type { Selection } from "../selection.ts";

let key: SigningKey;
let wanted: Wanted;

beforeAll(async () => {
  key = await makeSigningKey();
  wanted = { packages: ["kubelet"], signedBy: key.fingerprint };
});

const worker = {
  packages: ["kubeadm", "kubelet", "kubectl", "kubernetes-cni", "containerd", "runc"],
  images: ["pause", "kube-proxy", "coredns", "flannel"],
};

const withoutScheme = (url: string): string => url.replace("https://", "");

/** Each package in several versions, of which the last but one is the one to take, and everything else that is selected. */
const publishAll = async (pages: Pages, selection: Selection): Promise<void> => {
  const inRepository = selection.packages.filter(({ component }) => component.upstream.repository !== undefined);
  const packages = inRepository.flatMap(({ name, component: { version } }) =>
    [`${version}-1.1`, `${version}-1.9`, `${version}-1.10`, `${version}0-1.1`].flatMap((each) =>
      ["amd64", "arm64"].map((architecture) => ({ name, version: each, architecture })),
    ),
  );
  await publishRepository(pages, { place: repository, key, packages });
  for (const { name, component } of selection.packages) {
    const { url = "", checksums = "" } = component.upstream.archive ?? {};
    if (url === "") continue;
    const content = name === "runc" ? Buffer.from("runc") : await makeArchive(containerdPrograms);
    publishFile(pages, withoutScheme(url), withoutScheme(checksums), content);
  }
  for (const { name } of selection.images) await publishImage(pages, name);
};

/** One apt repository and one image layout hold all of it. */
const expectLaidOut = async ({ io, cache }: Scratch, parts: Parts): Promise<void> => {
  const { packages, images, lock } = await assemble(io, cache, parts, 0);
  const published = { ...kubelet, version: "1.37.2-1.10" };
  const file = "kubelet_1.37.2-1.10_amd64.deb";
  const [size, digest] = [packageBytes(published).length, sha256(packageBytes(published))];
  expect(await readFile(join(packages, file))).toEqual(packageBytes(published));
  const index = await readFile(join(packages, "Packages"), "utf8");
  expect(index).toContain("Package: kubelet\nVersion: 1.37.2-1.10\n");
  expect(index).toContain(` More of it.\nFilename: ./${file}\nSize: ${size}\nSHA256: ${digest}\n`);
  const layout = JSON.parse(await readFile(join(images, "index.json"), "utf8")) as { manifests: { digest: string }[] };
  expect(layout.manifests.map((manifest) => manifest.digest.replace("sha256:", "")).toSorted()).toEqual(
    lock.flatMap(({ kind, sha256: locked }) => (kind === "container-image" ? [locked] : [])).toSorted(),
  );
};

describe("everything of a worker", slow, () => {
  it("comes under the names that every supply has, in one apt repository and one image layout", async () => {
    const pages: Pages = new Map();
    await withWorld(pages, async (world) => {
      const { scratch, server } = world;
      const everything = { ...wanted, ...worker };
      const selection = await selectWanted(scratch.io, everything);
      await publishAll(pages, selection);
      server.wantTokens.add("ghcr.io");
      const notes: string[] = [];
      const progress = { ...scratch.io.progress, note: (text: string) => void notes.push(text) };
      const parts = await take({ scratch: { ...scratch, io: { ...scratch.io, progress } }, server }, everything);
      expect(notes).toHaveLength(1);
      expect(notes[0]).toMatch(/TLS only.*kimg\.lock.*--locked.*: containerd, runc, registry\.k8s\.io\/pause:/);
      expect(notes[0]).not.toContain("kubelet");
      expect(parts.packages.map(({ path }) => basename(path))).toEqual([
        ...["kubeadm_1.37.2-1.10_amd64.deb", "kubelet_1.37.2-1.10_amd64.deb", "kubectl_1.37.2-1.10_amd64.deb"],
        ...["kubernetes-cni_1.9.1-1.10_amd64.deb", "containerd_2.4.2-0kimg1_amd64.deb", "runc_1.5.2-0kimg1_amd64.deb"],
      ]);
      expect(parts.lock.slice(0, 6).map(({ name }) => name)).toEqual(selection.packages.map(({ name }) => name));
      expect(parts.images.map(({ name }) => name)).toEqual(selection.images.map(({ name }) => name));

      expect(parts.lock.find(({ name }) => name === "kubelet")).toEqual({
        kind: "package",
        name: "kubelet",
        version: "1.37.2-1.10",
        source: `https://${repository}amd64/kubelet_1.37.2-1.10_amd64.deb`,
        sha256: sha256(packageBytes({ ...kubelet, version: "1.37.2-1.10" })),
      });
      const { url = "" } = selection.packages.find(({ name }) => name === "runc")?.component.upstream.archive ?? {};
      expect(parts.lock.find(({ name }) => name === "runc")?.source).toBe(`${url} sha256:${sha256("runc")}`);
      const pause = await publishImage(new Map(), "registry.k8s.io/pause:3.10.2");
      expect(parts.lock.find(({ name }) => name === "registry.k8s.io/pause")).toEqual({
        kind: "container-image",
        name: "registry.k8s.io/pause",
        version: "3.10.2",
        source: `registry.k8s.io/pause@${pause.index}`,
        sha256: pause.manifest.replace("sha256:", ""),
      });

      await expectLaidOut(scratch, parts);

      const asked = server.requests.length;
      expect(await take(world, everything)).toEqual(parts);
      expect(server.requests, "a second time needs no network").toHaveLength(asked);
    });
  });
});

describe("the network", slow, () => {
  it("is tried again when a transfer breaks off, and the transfer then counts", async () => {
    await withWorld(await repositoryPages(key), async (world) => {
      const { server } = world;
      server.faults.set(kubeletPage, [{ kind: "truncated" }]);
      server.faults.set(`${repository}Packages`, [{ kind: "status", status: 503 }]);
      const { packages } = await take(world, wanted);
      expect(await readFile(packages[0]?.path ?? "")).toEqual(packageBytes(kubelet));
      expect(server.requests.filter((page) => page === kubeletPage)).toHaveLength(2);
    });
  });

  it.each(["truncated", "shortened"] as const)(
    "is given up when every transfer is %s, and nothing is kept",
    async (kind) => {
      await withWorld(await repositoryPages(key), async (world) => {
        const { scratch, server } = world;
        server.always.set(kubeletPage, { kind });
        await expect(take(world, wanted)).rejects.toMatchObject({
          doing: `fetching ${server.url}/${kubeletPage}`,
          details: {
            tail: expect.stringMatching(/broke off|only \d+ of \d+ bytes/),
            hint: expect.stringContaining("--from modules"),
          },
        });
        expect(server.requests.filter((page) => page === kubeletPage)).toHaveLength(3);
        expect(await scratch.io.files.status(join(scratch.cache.folder, "upstream-file"))).toBeUndefined();
        server.always.clear();
        expect((await take(world, wanted)).packages).toHaveLength(1);
      });
    },
  );

  it("is not asked a second time for what a host has not", async () => {
    const pages = await repositoryPages(key);
    pages.delete(kubeletPage);
    await withWorld(pages, async (world) => {
      const { server } = world;
      await expect(take(world, wanted)).rejects.toMatchObject({
        details: { tail: "HTTP 404" },
      });
      expect(server.requests.filter((page) => page === kubeletPage)).toHaveLength(1);
    });
  });

  it("is tried whole before anything is fetched: all hosts that do not answer are named, and the other two ways", async () => {
    await withWorld(await repositoryPages(key), async (world) => {
      const { server } = world;
      const since = Date.now();
      const more = { ...wanted, packages: ["kubelet", "runc"], images: ["pause"] };
      const failure = await take(world, more).catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: "ToolError", doing: "reaching upstream" });
      const { tail, hint } = (failure as ToolError).details;
      expect(tail).toMatch(
        /^github\.com at 127\.0\.0\.1:2: .*ECONNREFUSED.*\nregistry\.k8s\.io at 127\.0\.0\.1:2: .*ECONNREFUSED/,
      );
      expect(hint).toMatch(/--from modules.*--from mirror/);
      expect(server.requests).toEqual([`${repository}InRelease`]);
      expect(Date.now() - since).toBeLessThan(5_000);
    });
  });
});
