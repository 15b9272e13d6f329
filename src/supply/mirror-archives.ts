// The distribution's packages out of a mirror: one index for each image that it was made for, one for the tools that make disks.
import { join, resolve } from "node:path";
import type { Io } from "../edge/io.ts";
import type { BuildRequest } from "../model.ts";
import { type LocalArchive, refuseMissing } from "../tools/local-archive.ts";
import { type IndexedPackage, parsePackagesIndex } from "./apt-index.ts";
import { refuse } from "./mirror.ts";
import { checkDigest, type MirrorLock, readMirrorLock } from "./mirror-lock.ts";

/** Folder in a mirror: `pool/*.deb`, and indexes that share it. */
export const distributionInMirror = "distribution";
export const imageIndex = (image: string): string => `images/${image}`;
export const toolsIndex = "tools";

export interface MirrorArchives {
  readonly image: LocalArchive;
  readonly tools: LocalArchive;
}

interface Mirror {
  /** Absolute. */
  readonly folder: string;
  readonly lock: Pick<MirrorLock, "files" | "entries">;
}

const indexPath = (index: string): string => `${distributionInMirror}/${index}/Packages`;

/** Names that apt takes for packages: their own, and what they provide. */
const namesIn = (packages: readonly IndexedPackage[]): ReadonlySet<string> =>
  new Set(
    packages.flatMap(({ name, control }) => {
      const provides = /^Provides: *(.*)$/m.exec(control)?.[1]?.split(",") ?? [];
      return [name, ...provides.map((text) => text.trim().replace(/[ (:].*/, ""))];
    }),
  );

/** Rejects with ToolError when the index is not the one that the lock names. */
export const openArchive = async (io: Io, { folder, lock }: Mirror, index: string): Promise<LocalArchive> => {
  const path = join(folder, indexPath(index));
  const id = lock.files[indexPath(index)];
  if (id === undefined) {
    const made = Object.keys(lock.files).flatMap((name) => /^distribution\/images\/([^/]+)\//.exec(name)?.[1] ?? []);
    const hint = `it was made for ${made.join(", ")}; make another: kimg mirror create DIR --image NAME`;
    throw refuse("mirror/missing", `the mirror ${folder} has no packages for ${index}`, hint);
  }
  await checkDigest(io, path, id);
  const names = namesIn(parsePackagesIndex(await io.files.readText(path)));
  const packages = lock.entries.filter(({ kind }) => kind === "distribution-package");
  return { folder: join(folder, distributionInMirror), index, id, packages, names };
};

/**
 * What takes the place of Debian's archive in a build from a mirror; undefined in any other build. Rejects with DiagnosticError when the
 * mirror was made for something else, with ToolError when an index is not the one that its lock names.
 */
export const mirrorArchives = async (io: Io, request: BuildRequest): Promise<MirrorArchives | undefined> => {
  const { from, mirror: named } = request.kubernetes;
  if (from !== "mirror" || named === undefined) return undefined;
  const folder = resolve(named);
  const mirror = { folder, lock: await readMirrorLock(io, folder) };
  const image = await openArchive(io, mirror, imageIndex(request.image.name));
  refuseMissing(image, [...request.image.packages, ...request.role.packages], `the role ${request.role.name}`);
  return { image, tools: await openArchive(io, mirror, toolsIndex) };
};
