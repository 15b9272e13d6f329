// Reads an OCI image layout: https://github.com/opencontainers/image-spec/blob/main/image-layout.md.
import { join } from "node:path";
import type { Io } from "../../edge/io.ts";

interface Descriptor {
  readonly digest: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest or an index: whatever of it leads to other blobs. */
interface Document {
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

export interface LaidOutImage {
  /** Full name with its tag. */
  readonly name: string;
  /** Of its manifest or index: `sha256:` and 64 hex digits. */
  readonly digest: string;
  /** The text of an `index.json` that names this image only. */
  readonly index: string;
  /** All its blobs, as paths below the layout. */
  readonly blobs: readonly string[];
}

const blobPath = (digest: string): string => join("blobs", digest.replace(":", "/"));

const readDocument = async (io: Io, path: string): Promise<Document> =>
  JSON.parse(await io.files.readText(path)) as Document;

/** The blob itself and those that it leads to. An index may name platforms whose blobs are not there. */
const blobsBelow = async (io: Io, layout: string, digest: string): Promise<string[]> => {
  const path = join(layout, blobPath(digest));
  if ((await io.files.status(path)) === undefined) return [];
  const { manifests = [], config, layers = [] } = await readDocument(io, path);
  const below = await Promise.all(manifests.map((manifest) => blobsBelow(io, layout, manifest.digest)));
  const leaves = [...(config === undefined ? [] : [config]), ...layers].map((leaf) => blobPath(leaf.digest));
  return [...new Set([blobPath(digest), ...below.flat(), ...leaves])];
};

const nameOf = ({ annotations }: Descriptor): string | undefined =>
  annotations?.["io.containerd.image.name"] ?? annotations?.["org.opencontainers.image.ref.name"];

/** The layout's named images, sorted by name. */
export const readImageLayout = async (io: Io, layout: string): Promise<LaidOutImage[]> => {
  const index = join(layout, "index.json");
  if ((await io.files.status(index)) === undefined) return [];
  const { manifests = [] } = await readDocument(io, index);
  const images = await Promise.all(
    manifests.map(async (manifest) => ({
      name: nameOf(manifest) ?? "",
      digest: manifest.digest,
      index: JSON.stringify({ schemaVersion: 2, manifests: [manifest] }),
      blobs: await blobsBelow(io, layout, manifest.digest),
    })),
  );
  return images.filter(({ name }) => name !== "").toSorted((a, b) => (a.name < b.name ? -1 : 1));
};
