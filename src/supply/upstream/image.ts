// An image of upstream's registry, copied by digest: what its tag stands for → index → manifest of the architecture → configuration
// and layers. By what the first digest is trusted: docs/supply.md.
import { join } from "node:path";
import type { Architecture } from "../../model.ts";
import { copyImage } from "../image-copy.ts";
import { splitReference } from "../image-reference.ts";
import { blobPath, type Descriptor } from "../oci-layout.ts";
import type { StoredImage } from "../packing.ts";
import type { ChosenImage } from "../selection.ts";
import type { Access } from "./access.ts";
import { checkSha256, getFile, sha256Of } from "./get.ts";
import { openRepository, type RegistryRepository, repositoryUrl } from "./registry.ts";
import { remembered } from "./remembered.ts";

const withoutPrefix = (digest: string): string => digest.replace(/^sha256:/, "");

const askForTop = async (
  repository: RegistryRepository,
  name: string,
  reference: string,
  pinned: string | undefined,
): Promise<Descriptor> => {
  const { bytes, headers } = await repository.manifest(reference);
  const sha256 = sha256Of(bytes);
  if (pinned !== undefined) checkSha256(name, sha256, withoutPrefix(pinned));
  const { mediaType = headers.get("content-type") ?? "" } = JSON.parse(Buffer.from(bytes).toString("utf8")) as {
    mediaType?: string;
  };
  return { mediaType, digest: `sha256:${sha256}`, size: bytes.length };
};

/**
 * What an image's name stands for: an index, or a manifest. Its digest is the one pinned in images/components/ where there is one,
 * else the one that the registry gave at the first asking.
 */
export const topOf = (access: Access, { name, component }: ChosenImage): Promise<Descriptor> => {
  const { repository, tag } = splitReference(name);
  const pinned = component.upstream.digests[name];
  const reference = pinned ?? tag;
  return remembered(access, repositoryUrl(repository), { reference }, () =>
    askForTop(openRepository(access, repository), name, reference, pinned),
  );
};

/** The image in the cache, for one architecture; every byte of it has the digest that its top names. */
export const takeImage = async (
  access: Access,
  { name }: ChosenImage,
  top: Descriptor,
  architecture: Architecture,
): Promise<StoredImage> => {
  const { io, cache } = access;
  const input = { digest: top.digest, architecture };
  const { folder } = await cache.entry({ kind: "upstream-image", name }, input, async (made) => {
    const repository = openRepository(access, splitReference(name).repository);
    const read = async ({ digest }: Descriptor) => (await repository.manifest(digest)).bytes;
    const copyPart = async ({ digest, size }: Descriptor): Promise<void> => {
      const wanted = { url: repository.blobUrl(digest), name: "blob", sha256: withoutPrefix(digest), size };
      const path = await getFile(access, wanted, () => repository.openBlob(digest));
      await io.files.copy(path, blobPath(made, digest));
    };
    const copied = await copyImage(io, read, name, top, architecture, made, copyPart);
    await io.files.write(join(made, "image.json"), JSON.stringify(copied));
  });
  const descriptor = JSON.parse(await io.files.readText(join(folder, "image.json"))) as Descriptor;
  return { name, folder, descriptor };
};
