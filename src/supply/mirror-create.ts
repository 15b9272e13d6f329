// `kimg mirror create`: everything that builds need, in one folder that can be carried anywhere.
import { basename, dirname, join } from "node:path";
import type { Cache } from "../edge/cache.ts";
import { DiagnosticError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Architecture, SupplySource } from "../model.ts";
import { boltNormalise, boltNormaliseInMirror } from "./bolt-normalise.ts";
import { type DistributionIndex, writeDistribution } from "./mirror-distribution.ts";
import { type MirrorLock, writeMirrorLock } from "./mirror-lock.ts";
import { supply } from "./supply.ts";

export interface MirrorRequest {
  /** Folder to make; must not exist, or be empty. */
  readonly folder: string;
  /** Exact Kubernetes version. */
  readonly kubernetes: string;
  readonly from: Exclude<SupplySource, "mirror">;
  readonly architecture: Architecture;
  /** Named as in SupplyRequest. */
  readonly parts: { readonly packages: readonly string[]; readonly images: readonly string[] };
  /** What of the distribution goes with them. */
  readonly indexes: readonly DistributionIndex[];
  /** Seconds since 1970, given to every file that kimg packs itself. */
  readonly epoch: number;
}

/** Rejects with DiagnosticError when there is something that would be overwritten. */
export const refuseUsedFolder = async (io: Io, folder: string): Promise<void> => {
  const status = await io.files.status(folder);
  if (status === undefined || (status.kind === "directory" && (await io.files.list(folder)).length === 0)) return;
  throw new DiagnosticError([
    {
      severity: "error",
      code: "mirror/exists",
      message: `${folder} exists and is not empty`,
      hint: "name a new folder, or remove this one first",
    },
  ]);
};

const writeProgram = async (io: Io, folder: string, program: string): Promise<Record<string, string>> => {
  const path = join(folder, boltNormaliseInMirror);
  await io.files.write(path, await io.files.read(program), 0o755);
  return { [boltNormaliseInMirror]: (await io.files.sha256(path)).sha256 };
};

const fillMirror = async (io: Io, cache: Cache, request: MirrorRequest, folder: string): Promise<MirrorLock> => {
  const { kubernetes: version, from, architecture, epoch } = request;
  const kubernetes = { version, from, mirror: undefined };
  const parts = await supply(io, cache, {
    kubernetes,
    architecture,
    epoch,
    ...request.parts,
  });
  // Copies, not links: what happens to the mirror must not reach the cache.
  const argv = ["cp", "--recursive", "--reflink=auto", parts.packages, parts.images, folder] as const;
  await io.processes.run({ doing: `writing the mirror ${request.folder}`, argv: [...argv] });
  const hasImages = parts.lock.some(({ kind }) => kind === "container-image");
  const programs = hasImages ? await writeProgram(io, folder, await boltNormalise(io, cache, kubernetes)) : {};
  const distribution = await writeDistribution(io, folder, request.indexes, epoch);
  const lock = {
    version: 1 as const,
    kubernetes: version,
    architecture,
    files: { ...programs, ...distribution.files },
    entries: [...parts.lock, ...distribution.entries],
  };
  await writeMirrorLock(io, folder, lock);
  return lock;
};

/** Makes the folder whole, or not at all. */
export const createMirror = async (io: Io, cache: Cache, request: MirrorRequest): Promise<MirrorLock> => {
  await refuseUsedFolder(io, request.folder);
  const unique = Buffer.from(io.random(6)).toString("hex");
  const beside = join(dirname(request.folder), `.${basename(request.folder)}.${unique}`);
  try {
    await io.files.makeFolder(beside);
    const lock = await fillMirror(io, cache, request, beside);
    await io.files.rename(beside, request.folder);
    return lock;
  } finally {
    await io.files.remove(beside);
  }
};
