// Container images as an OCI image layout: https://github.com/opencontainers/image-spec/blob/main/image-layout.md. Layers are not
// compressed: they are unpacked once, into an image, and no compressor gives the same bytes in all its versions.
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Io } from "../edge/io.ts";
import type { Architecture } from "../model.ts";

export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Readonly<Record<string, string>>;
}

export interface ImageConfiguration {
  readonly architecture: Architecture;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly user: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since 1970. */
  readonly epoch: number;
}

export const mediaTypes = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
} as const;

export const blobPath = (folder: string, digest: string): string => join(folder, "blobs", digest.replace(":", "/"));

/** Stores bytes under their digest. */
export const writeBlob = async (
  io: Io,
  folder: string,
  mediaType: string,
  bytes: Uint8Array | string,
): Promise<Descriptor> => {
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  await io.files.write(blobPath(folder, digest), bytes);
  return { mediaType, digest, size: Buffer.byteLength(bytes) };
};

const configurationJson = (configuration: ImageConfiguration, layers: readonly Descriptor[]): string => {
  const { entrypoint, command, user, labels, epoch, architecture } = configuration;
  const created = new Date(epoch * 1000).toISOString();
  return JSON.stringify({
    created,
    architecture,
    os: "linux",
    config: {
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      ...(entrypoint.length > 0 ? { Entrypoint: entrypoint } : {}),
      ...(command.length > 0 ? { Cmd: command } : {}),
      ...(user === undefined ? {} : { User: user }),
      WorkingDir: "/",
      Labels: labels,
    },
    // Of an uncompressed layer, the digest of its blob is that of its content.
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.digest) },
    history: layers.map(() => ({ created, created_by: "kimg" })),
  });
};

/** Writes the configuration and manifest of an image whose uncompressed layers are in `folder` already. */
export const writeImage = async (
  io: Io,
  folder: string,
  configuration: ImageConfiguration,
  layers: readonly Descriptor[],
): Promise<Descriptor> => {
  const config = await writeBlob(io, folder, mediaTypes.config, configurationJson(configuration, layers));
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers };
  return writeBlob(io, folder, mediaTypes.manifest, JSON.stringify(manifest));
};

/** An image of a layout: its full name and the descriptor of its manifest or index. */
export interface NamedImage {
  readonly name: string;
  readonly descriptor: Descriptor;
}

/** The annotation that containerd takes the name from, and the one of the specification. */
const nameAnnotations = (name: string): Record<string, string> => ({
  "io.containerd.image.name": name,
  "org.opencontainers.image.ref.name": name,
});

/** Writes what makes a folder with blobs an image layout. */
export const writeLayout = async (io: Io, folder: string, images: readonly NamedImage[]): Promise<void> => {
  const manifests = images
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, descriptor: { mediaType, digest, size } }) => {
      return { mediaType, digest, size, annotations: nameAnnotations(name) };
    });
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
  await io.files.write(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}\n');
  await io.files.write(join(folder, "index.json"), `${JSON.stringify(index, undefined, 2)}\n`);
};
