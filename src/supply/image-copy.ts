// Copies a container image blob by blob, each checked against its digest. Where the blobs come from is the caller's.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { ToolError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Architecture } from "../model.ts";
import { blobPath, type Descriptor } from "./oci-layout.ts";

/** Reads a blob, or a manifest, by its descriptor. Need not check it. */
export type ReadBlob = (descriptor: Descriptor) => Promise<Uint8Array>;

const descriptor = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number(),
  annotations: z.record(z.string(), z.string()).optional(),
  platform: z.object({ architecture: z.string(), os: z.string() }).optional(),
});

const index = z.object({ manifests: z.array(descriptor) });
const manifest = z.object({ config: descriptor, layers: z.array(descriptor) });

const indexTypes = new Set([
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
]);

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

const readChecked = async (read: ReadBlob, name: string, wanted: Descriptor): Promise<Uint8Array> => {
  const bytes = await read(wanted);
  const found = digestOf(bytes);
  if (found === wanted.digest) return bytes;
  throw new ToolError(`checking ${name}`, {
    tail: `expected ${wanted.digest}\nbut got  ${found} (${bytes.length} bytes)`,
    hint: "what was fetched is not what was published: try again, and do not use it if this stays so",
  });
};

/** The documents of https://github.com/opencontainers/image-spec; Docker's own have the same members. */
const parseJson = <T>(schema: z.ZodType<T>, bytes: Uint8Array, name: string): T => {
  const result = schema.safeParse(JSON.parse(Buffer.from(bytes).toString()));
  if (result.success) return result.data;
  throw new ToolError(`reading the manifest of ${name}`, { tail: z.prettifyError(result.error) });
};

const platformManifest = (bytes: Uint8Array, name: string, architecture: Architecture): Descriptor => {
  const { manifests } = parseJson(index, bytes, name);
  const found = manifests.find(({ platform }) => platform?.os === "linux" && platform.architecture === architecture);
  if (found === undefined)
    throw new ToolError(`choosing the image ${name} for ${architecture}`, { tail: "it has none" });
  return { mediaType: found.mediaType, digest: found.digest, size: found.size };
};

const store = async (io: Io, folder: string, digest: string, bytes: Uint8Array): Promise<void> =>
  io.files.write(blobPath(folder, digest), bytes);

/** Brings a configuration or a layer to its place in the folder, and checks it. */
export type CopyPart = (part: Descriptor) => Promise<void>;

/**
 * Copies the image that `from` names (an index or a manifest) into `<folder>/blobs`, one architecture of it. Resolves to the
 * descriptor of its manifest; rejects with ToolError when a blob is not what its digest says. `copyPart` spares large blobs the memory.
 */
export const copyImage = async (
  io: Io,
  read: ReadBlob,
  name: string,
  from: Descriptor,
  architecture: Architecture,
  folder: string,
  copyPart: CopyPart = async (part) => store(io, folder, part.digest, await readChecked(read, name, part)),
): Promise<Descriptor> => {
  await io.files.makeFolder(join(folder, "blobs/sha256"));
  const top = await readChecked(read, name, from);
  const chosen = indexTypes.has(from.mediaType) ? platformManifest(top, name, architecture) : from;
  const bytes = chosen === from ? top : await readChecked(read, name, chosen);
  const { config, layers } = parseJson(manifest, bytes, name);
  for (const part of [config, ...layers] as Descriptor[]) await copyPart(part);
  await store(io, folder, chosen.digest, bytes);
  return { mediaType: chosen.mediaType, digest: chosen.digest, size: bytes.length };
};
