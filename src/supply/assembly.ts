// The supply as one folder, whatever its parts came from: an apt repository and an image layout. Owns that folder's shape.
import { basename, join } from "node:path";
import type { Cache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import type { LockEntry, SuppliedParts } from "../model.ts";
import { writeAptRepository } from "./apt-repository.ts";
import { writeLayout } from "./oci-layout.ts";
import type { StoredImage, StoredPackage } from "./packing.ts";

export interface Parts {
  readonly packages: readonly StoredPackage[];
  readonly images: readonly StoredImage[];
  readonly lock: readonly LockEntry[];
}

/** Raise it when the same parts would be laid out otherwise. */
const layout = 1;

const linkBlobs = async (io: Io, image: StoredImage, to: string): Promise<void> => {
  const blobs = "blobs/sha256";
  for (const digest of await io.files.list(join(image.folder, blobs))) {
    const target = join(to, blobs, digest);
    if ((await io.files.status(target)) === undefined) await io.files.copy(join(image.folder, blobs, digest), target);
  }
};

/** Writes `<folder>/packages` and `<folder>/images`. Files are hard links where the file system allows it. */
export const writeParts = async (io: Io, parts: Parts, folder: string, epoch: number): Promise<void> => {
  const [packages, images] = [join(folder, "packages"), join(folder, "images")];
  await io.files.makeFolder(packages);
  for (const { path } of parts.packages) await io.files.copy(path, join(packages, basename(path)));
  await writeAptRepository(io, packages, parts.packages, epoch);
  for (const image of parts.images) await linkBlobs(io, image, images);
  await writeLayout(io, images, parts.images);
};

/** The parts in one folder of the cache. */
export const assemble = async (io: Io, cache: Cache, parts: Parts, epoch: number): Promise<SuppliedParts> => {
  const input = {
    layout,
    epoch,
    packages: parts.packages.map(({ sha256 }) => sha256),
    images: parts.images.map(({ name, descriptor }) => [name, descriptor.digest]),
  };
  const name = `${parts.packages.length} packages, ${parts.images.length} container images`;
  const { folder } = await cache.entry({ kind: "supply", name }, input, (made) => writeParts(io, parts, made, epoch));
  return { packages: join(folder, "packages"), images: join(folder, "images"), lock: parts.lock };
};
