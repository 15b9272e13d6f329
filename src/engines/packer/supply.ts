// What a directory's `supply/` holds, and how it comes there: copies, for what happens to them must not reach the cache.
import { join } from "node:path";
import { type Cache, canonicalHash } from "../../edge/cache.ts";
import type { Io } from "../../edge/io.ts";
import type { BuildRequest, JsonValue, SuppliedParts } from "../../model.ts";
import { type MirrorArchives, mirrorArchives } from "../../supply/mirror-archives.ts";
import { select } from "../../supply/selection.ts";
import { supply } from "../../supply/supply.ts";
import { describeImage } from "../disk/image-description.ts";
import { type PreparedStore, preparedStore } from "../disk/index.ts";

export interface PackerSupply extends PreparedStore {
  readonly parts: SuppliedParts;
  /** Set in a build from a mirror. */
  readonly archives: MirrorArchives | undefined;
}

/** Full name of the pause image; empty for a role without pods. Known before anything is made: all supplies give the same names. */
export const sandboxImageOf = async (io: Io, { role, kubernetes, architecture }: BuildRequest): Promise<string> => {
  const wanted = { packages: role.components, images: role.containerImages };
  const { images } = await select(io, { kubernetes: kubernetes.version, architecture, ...wanted });
  return images.find(({ short }) => short === "pause")?.name ?? "";
};

/** Packages and container images of the request, made or out of the cache. Rejects as `supply` does. */
export const packerSupply = async (io: Io, cache: Cache, request: BuildRequest): Promise<PackerSupply> => {
  const { role, kubernetes, architecture, epoch } = request;
  const wanted = { packages: role.components, images: role.containerImages };
  const archives = await mirrorArchives(io, request);
  const parts = await supply(io, cache, { kubernetes, architecture, epoch, ...wanted });
  return { parts, archives, ...(await preparedStore(io, cache, request, parts, archives)) };
};

const stampName = ".kimg-supply";

const stampOf = ({ parts, store, archives }: PackerSupply): string =>
  canonicalHash({
    lock: parts.lock as unknown as JsonValue,
    store: store?.sha256 ?? null,
    archive: archives?.image.id ?? null,
  });

const copyPart = async (io: Io, from: string, to: string): Promise<void> => {
  await io.files.remove(to);
  const argv = ["cp", "--recursive", "--reflink=auto", from, to] as const;
  await io.processes.run({ doing: "copying the supply beside the template", argv });
};

/** Fills `<directory>/supply`; nothing is copied where it is the same already. */
export const writeSupply = async (
  io: Io,
  directory: string,
  request: BuildRequest,
  supplied: PackerSupply,
): Promise<void> => {
  const folder = join(directory, "supply");
  const stamp = join(folder, stampName);
  const wanted = stampOf(supplied);
  if ((await io.files.status(stamp)) !== undefined && (await io.files.readText(stamp)) === wanted) return;
  const { parts, store, archives } = supplied;
  await io.progress.stage(`${request.role.name}: supply for Packer`, async () => {
    await io.files.makeFolder(folder);
    for (const path of [stamp, join(folder, "containerd.tar"), join(folder, "distribution")])
      await io.files.remove(path);
    await copyPart(io, parts.packages, join(folder, "packages"));
    if (store !== undefined) await copyPart(io, store.tar, join(folder, "containerd.tar"));
    if (archives !== undefined) await copyPart(io, archives.image.folder, join(folder, "distribution"));
    const description = describeImage(request, { distribution: [], supplied: parts.lock }).get("etc/kimg/image.json");
    await io.files.write(join(folder, "image.json"), description?.bytes ?? "");
    await io.files.write(stamp, wanted);
  });
};
