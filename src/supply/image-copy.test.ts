import { describe, expect, it } from "vitest";
import { join } from "node:path";
import { type Scratch, withScratch } from "../../tests/support/scratch.ts";
import { copyImage } from "./image-copy.ts";
import { splitReference } from "./image-reference.ts";
import { blobPath, type Descriptor, mediaTypes, writeBlob, writeImage, writeLayout } from "./oci-layout.ts";

const name = "registry.k8s.io/pause:3.10.2";

const configuration = {
  architecture: "amd64",
  entrypoint: ["/pause"],
  command: [],
  user: "65535:65535",
  labels: {},
  epoch: 0,
} as const;

const makeImage = async ({ io, folder }: Scratch): Promise<Descriptor> => {
  const layer = await writeBlob(io, folder, mediaTypes.layer, "layer");
  return writeImage(io, folder, configuration, [layer]);
};

const readFrom =
  ({ io, folder }: Scratch) =>
  (part: Descriptor) =>
    io.files.read(blobPath(folder, part.digest));

describe("an image layout", () => {
  it("names its images the way containerd and the specification do", () =>
    withScratch(async (scratch) => {
      const descriptor = await makeImage(scratch);
      await writeLayout(scratch.io, scratch.folder, [{ name, descriptor }]);
      const index: unknown = JSON.parse(await scratch.io.files.readText(join(scratch.folder, "index.json")));
      expect(index).toMatchObject({
        manifests: [
          {
            digest: descriptor.digest,
            annotations: { "io.containerd.image.name": name, "org.opencontainers.image.ref.name": name },
          },
        ],
      });
      const manifest = JSON.parse(await scratch.io.files.readText(blobPath(scratch.folder, descriptor.digest))) as {
        config: Descriptor;
        layers: Descriptor[];
      };
      const config: unknown = JSON.parse(
        await scratch.io.files.readText(blobPath(scratch.folder, manifest.config.digest)),
      );
      expect(config).toMatchObject({
        os: "linux",
        config: { Entrypoint: ["/pause"], User: "65535:65535" },
        rootfs: { diff_ids: manifest.layers.map(({ digest }) => digest) },
      });
    }));
});

describe("copyImage", () => {
  it("copies every blob of a manifest", () =>
    withScratch(async (scratch) => {
      const descriptor = await makeImage(scratch);
      const to = join(scratch.folder, "copy");
      const copied = await copyImage(scratch.io, readFrom(scratch), name, descriptor, "amd64", to);
      expect(copied).toEqual(descriptor);
      const [from, there] = [join(scratch.folder, "blobs/sha256"), join(to, "blobs/sha256")];
      expect(await scratch.io.files.list(there)).toEqual(await scratch.io.files.list(from));
    }));

  it("takes one architecture of an index", () =>
    withScratch(async (scratch) => {
      const descriptor = await makeImage(scratch);
      const other = {
        ...descriptor,
        digest: `sha256:${"0".repeat(64)}`,
        platform: { architecture: "arm64", os: "linux" },
      };
      const manifests = [other, { ...descriptor, platform: { architecture: "amd64", os: "linux" } }];
      const text = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests });
      const index = await writeBlob(scratch.io, scratch.folder, mediaTypes.index, text);
      const to = join(scratch.folder, "copy");
      expect(await copyImage(scratch.io, readFrom(scratch), name, index, "amd64", to)).toEqual(descriptor);
    }));

  it("refuses a blob that is not what its digest says", () =>
    withScratch(async (scratch) => {
      const descriptor = await makeImage(scratch);
      const read = async (part: Descriptor) => {
        const bytes = await readFrom(scratch)(part);
        return part.mediaType === mediaTypes.layer ? Buffer.from("other") : bytes;
      };
      const copied = copyImage(scratch.io, read, name, descriptor, "amd64", join(scratch.folder, "copy"));
      await expect(copied).rejects.toMatchObject({ doing: `checking ${name}` });
    }));
});

describe("splitReference", () => {
  it.each([
    ["registry.k8s.io/coredns/coredns:v1.14.6", "registry.k8s.io/coredns/coredns", "v1.14.6"],
    ["localhost:5000/pause", "localhost:5000/pause", "latest"],
    ["localhost:5000/pause:3@sha256:00", "localhost:5000/pause", "3"],
  ])("splits %s", (text, repository, tag) => {
    expect(splitReference(text)).toEqual({ repository, tag });
  });
});
