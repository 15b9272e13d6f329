import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Scratch, withScratch } from "../../tests/support/scratch.ts";
import type { LockEntry } from "../model.ts";
import { writeParts } from "./assembly.ts";
import { buildDeb } from "./deb.ts";
import { writeMirrorLock } from "./mirror-lock.ts";
import { mediaTypes, writeBlob, writeImage } from "./oci-layout.ts";
import { supply } from "./supply.ts";

const version = "1.37.2";
const epoch = 1_700_000_000;

const makePackage = async ({ io, folder }: Scratch) => {
  await mkdir(join(folder, "deb"));
  const texts = {
    name: "kubelet",
    version: `${version}-0kimg1`,
    architecture: "amd64",
    summary: "s",
    homepage: "h",
  } as const;
  const tree = new Map([["usr/bin/kubelet", { kind: "file", mode: 0o755, bytes: Buffer.from("kubelet") } as const]]);
  const built = await buildDeb(
    io,
    { ...texts, depends: [], recommends: [], configuration: [], tree },
    join(folder, "deb"),
    epoch,
  );
  return { ...built, path: join(folder, "deb", built.fileName), version: texts.version };
};

const makeImage = async ({ io, folder }: Scratch) => {
  const at = join(folder, "image");
  const layer = await writeBlob(io, at, mediaTypes.layer, "pause");
  const configuration = {
    architecture: "amd64",
    entrypoint: [],
    command: [],
    user: undefined,
    labels: {},
    epoch,
  } as const;
  return {
    name: "registry.k8s.io/pause:3.10.2",
    folder: at,
    descriptor: await writeImage(io, at, configuration, [layer]),
  };
};

/** A mirror with one package and one image. */
const makeMirror = async (scratch: Scratch): Promise<{ folder: string; lock: LockEntry[] }> => {
  const folder = join(scratch.folder, "mirror");
  const [kubelet, pause] = [await makePackage(scratch), await makeImage(scratch)];
  const lock: LockEntry[] = [
    { kind: "package", name: "kubelet", version: kubelet.version, source: "test", sha256: kubelet.sha256 },
    {
      kind: "container-image",
      name: "registry.k8s.io/pause",
      version: "3.10.2",
      source: "test",
      sha256: pause.descriptor.digest.slice(7),
    },
  ];
  await writeParts(scratch.io, { packages: [kubelet], images: [pause], lock }, folder, epoch);
  await writeMirrorLock(scratch.io, folder, {
    version: 1,
    kubernetes: version,
    architecture: "amd64",
    files: {},
    entries: lock,
  });
  return { folder, lock };
};

const take = (
  { io, cache }: Scratch,
  mirror: string | undefined,
  more: { version?: string; packages?: string[] } = {},
) =>
  supply(io, cache, {
    kubernetes: { version: more.version ?? version, from: "mirror", mirror },
    packages: more.packages ?? ["kubelet"],
    images: ["pause"],
    architecture: "amd64",
    epoch,
  });

describe("from: mirror", () => {
  it("yields what the mirror holds, with its lock", () =>
    withScratch(async (scratch) => {
      const { folder, lock } = await makeMirror(scratch);
      const parts = await take(scratch, folder);
      expect(parts.lock).toEqual(lock);
      expect(await scratch.io.files.list(parts.packages)).toEqual(
        [`kubelet_${version}-0kimg1_amd64.deb`, "Packages", "Release"].toSorted(),
      );
      for (const name of ["Packages", "Release"]) {
        const [there, here] = [join(folder, "packages", name), join(parts.packages, name)];
        expect(await scratch.io.files.readText(here)).toBe(await scratch.io.files.readText(there));
      }
      const index = await scratch.io.files.readText(join(parts.images, "index.json"));
      expect(index).toBe(await scratch.io.files.readText(join(folder, "images/index.json")));
    }));

  it("refuses a package that was changed", () =>
    withScratch(async (scratch) => {
      const { folder } = await makeMirror(scratch);
      await scratch.io.files.write(join(folder, `packages/kubelet_${version}-0kimg1_amd64.deb`), "other");
      await expect(take(scratch, folder)).rejects.toMatchObject({
        name: "ToolError",
        doing: expect.stringContaining("kubelet_"),
      });
    }));

  it("refuses an image that was changed", () =>
    withScratch(async (scratch) => {
      const { folder } = await makeMirror(scratch);
      const blobs = join(folder, "images/blobs/sha256");
      for (const name of await scratch.io.files.list(blobs)) await scratch.io.files.write(join(blobs, name), "{}");
      await expect(take(scratch, folder)).rejects.toMatchObject({
        name: "ToolError",
        doing: expect.stringContaining("pause"),
      });
    }));

  it("refuses another Kubernetes version and says which it has", () =>
    withScratch(async (scratch) => {
      const { folder } = await makeMirror(scratch);
      await expect(take(scratch, folder, { version: "1.36.3" })).rejects.toMatchObject({
        diagnostics: [{ code: "mirror/other-version", hint: expect.stringContaining("use Kubernetes 1.37.2") }],
      });
    }));

  it("says what it lacks", () =>
    withScratch(async (scratch) => {
      const { folder } = await makeMirror(scratch);
      await expect(take(scratch, folder, { packages: ["runc"] })).rejects.toMatchObject({
        diagnostics: [{ code: "mirror/missing", message: expect.stringContaining("package runc") }],
      });
    }));

  it.each([
    ["no folder", undefined, "mirror/not-named"],
    ["a folder that is no mirror", "/usr", "mirror/not-a-mirror"],
  ])("refuses %s", (_, folder, code) =>
    withScratch(async (scratch) => {
      await expect(take(scratch, folder)).rejects.toMatchObject({ diagnostics: [{ code }] });
    }),
  );
});
