// The straight line; read this first.
//
//   cluster.yaml ─ config ────┐
//   images/ roles/ ─ library ─┼─ resolve ─▶ Cluster ─ render ─▶ FileTree ─▶ build/<cluster>/
//   secrets file ─ secrets ───┘
//   role + image + version = BuildRequest ─ supply ─▶ parts ─ engine ─▶ artifacts ─▶ build/images/<name>/
//
// Each command is a prefix of one of the two. Stages collect all their complaints, then stop once.
import { basename, join } from "node:path";
import { DiagnosticError } from "./diagnostic.ts";
import type { Cache } from "./edge/cache.ts";
import type { Io } from "./edge/io.ts";
import { buildDisk } from "./engines/disk/index.ts";
import { directoryName } from "./engines/packer/directory.ts";
import { buildWithPacker } from "./engines/packer/index.ts";
import type { PackerRun } from "./engines/packer/run.ts";
import type { PackerSupply } from "./engines/packer/supply.ts";
import { compareLocks, formatLock, parseLock } from "./lock.ts";
import { formatChecksums, formatManifest, imageName } from "./manifest.ts";
import type { Artifact, BuildRequest, LockEntry } from "./model.ts";
import { supply } from "./supply/supply.ts";

export interface BuildOptions {
  /** Folder that the image's own folder is made in, such as `build/images`. */
  readonly output: string;
  /** Refuse to make anything but what the kimg.lock in the image's folder says. */
  readonly locked: boolean;
}

export interface BuiltImage {
  readonly name: string;
  /** Folder of the artifacts. */
  readonly folder: string;
  readonly artifacts: readonly Artifact[];
  readonly lock: readonly LockEntry[];
  /** The same artifacts lay there before. */
  readonly unchanged: boolean;
}

/** From a request to artifacts with lock, manifest and checksums: all under their final names, or none. */
export const buildImage = async (
  io: Io,
  cache: Cache,
  request: BuildRequest,
  options: BuildOptions,
): Promise<BuiltImage> => {
  const name = imageName(request);
  const folder = join(options.output, name);
  const locked = options.locked ? await readLock(io, folder) : undefined;
  const parts = await supply(io, cache, {
    kubernetes: request.kubernetes,
    packages: request.role.components,
    images: request.role.containerImages,
    architecture: request.architecture,
    epoch: request.epoch,
  });
  // What is known before the slow part is said before it.
  refuseDifferences(
    locked?.filter(({ kind }) => kind !== "distribution-package"),
    parts.lock,
  );
  const disk = await buildDisk(io, cache, request, parts, locked);
  const lock = [...disk.lock, ...parts.lock];
  refuseDifferences(locked, lock);
  return { name, folder, lock, ...(await publish(io, folder, request, disk.artifacts, lock)) };
};

/** The same by a machine that Packer runs, in a directory that is ready; artifacts lie in a folder of the builder's own. */
export const buildImageWithPacker = (
  io: Io,
  cache: Cache,
  request: BuildRequest,
  supplied: PackerSupply,
  run: PackerRun,
  options: Pick<BuildOptions, "output">,
): Promise<BuiltImage> => {
  const name = directoryName(request, run.builder);
  const folder = join(options.output, name);
  return buildWithPacker(io, cache, request, supplied, run, async (built) => {
    const lock = [...built.lock, ...supplied.parts.lock];
    return { name, folder, lock, ...(await publish(io, folder, request, built.artifacts, lock)) };
  });
};

const refuseDifferences = (locked: readonly LockEntry[] | undefined, built: readonly LockEntry[]): void => {
  const differences = locked === undefined ? [] : compareLocks(locked, built);
  if (differences.length > 0) throw new DiagnosticError(differences);
};

const lockFile = "kimg.lock";
const manifestFile = "artifacts.json";

const readLock = async (io: Io, folder: string): Promise<readonly LockEntry[]> => {
  const path = join(folder, lockFile);
  if ((await io.files.status(path)) !== undefined) return parseLock(await io.files.readText(path), path);
  const hint = "build once without --locked, or put the kimg.lock of the build to be repeated there";
  throw new DiagnosticError([{ severity: "error", code: "lock/missing-file", message: `there is no ${path}`, hint }]);
};

/** Copies what was made out of the cache; the manifest comes last, so that what it names is there. */
const publish = async (
  io: Io,
  folder: string,
  request: BuildRequest,
  made: readonly Artifact[],
  lock: readonly LockEntry[],
): Promise<Pick<BuiltImage, "artifacts" | "unchanged">> => {
  const artifacts = made.map((artifact) => ({ ...artifact, path: basename(artifact.path) }));
  const manifest = formatManifest(request, artifacts);
  const modified = new Date(request.epoch * 1000);
  if (await isPublished(io, folder, manifest, artifacts, modified)) return { artifacts, unchanged: true };
  await io.progress.stage("writing artifacts", async () => {
    for (const { path } of made) await io.files.publish(path, join(folder, basename(path)), modified);
    await io.files.write(join(folder, lockFile), formatLock(lock));
    const { sha256 } = await io.files.sha256(join(folder, lockFile));
    await io.files.write(join(folder, "SHA256SUMS"), formatChecksums([...artifacts, { path: lockFile, sha256 }]));
    await io.files.write(join(folder, manifestFile), manifest);
  });
  return { artifacts, unchanged: false };
};

/** Whether the very same artifacts lie there untouched: a disk that was booted has another time of modification. */
const isPublished = async (
  io: Io,
  folder: string,
  manifest: string,
  artifacts: readonly Artifact[],
  modified: Date,
): Promise<boolean> => {
  const path = join(folder, manifestFile);
  if ((await io.files.status(path)) === undefined || (await io.files.readText(path)) !== manifest) return false;
  const found = await Promise.all(artifacts.map((artifact) => io.files.status(join(folder, artifact.path))));
  return found.every((status, index) => {
    const artifact = artifacts[index];
    return status?.size === artifact?.size && status?.modified.getTime() === modified.getTime();
  });
};
