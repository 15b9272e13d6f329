// `kimg mirror create`: everything that a Kubernetes version's images can need, in one folder that can be carried anywhere.
import { basename, dirname, join } from "node:path";
import type { Cache } from "../edge/cache.ts";
import { DiagnosticError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Architecture, SupplySource } from "../model.ts";
import { boltNormalise, boltNormaliseInMirror } from "./bolt-normalise.ts";
import { readComponent } from "./components.ts";
import { type MirrorLock, writeMirrorLock } from "./mirror-lock.ts";
import { readRelease } from "./releases.ts";
import { supply } from "./supply.ts";

export interface MirrorRequest {
  /** Folder to make; must not exist, or be empty. */
  readonly folder: string;
  /** Exact Kubernetes version. */
  readonly kubernetes: string;
  readonly from: Exclude<SupplySource, "mirror">;
  readonly architecture: Architecture;
  /** Only these packages and images, named as in SupplyRequest; everything of the release when left out. */
  readonly parts?: { readonly packages: readonly string[]; readonly images: readonly string[] };
  /** Seconds since 1970, given to every file that kimg packs itself. */
  readonly epoch: number;
}

/** All package names and image short names of a release. */
const everything = async (io: Io, kubernetes: string): Promise<{ packages: string[]; images: string[] }> => {
  const names = Object.keys(await readRelease(io, kubernetes));
  const components = await Promise.all(names.map((name) => readComponent(io, name)));
  return {
    packages: components.flatMap((component) => Object.keys(component.packages)),
    images: components.flatMap((component) => Object.keys(component.images)),
  };
};

const checkFolder = async (io: Io, folder: string): Promise<void> => {
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

const fillMirror = async (io: Io, cache: Cache, request: MirrorRequest, folder: string): Promise<MirrorLock> => {
  const { kubernetes: version, from, architecture, epoch } = request;
  const kubernetes = { version, from, mirror: undefined };
  const parts = await supply(io, cache, {
    kubernetes,
    architecture,
    epoch,
    ...(request.parts ?? (await everything(io, version))),
  });
  // Copies, not links: what happens to the mirror must not reach the cache.
  const argv = ["cp", "--recursive", "--reflink=auto", parts.packages, parts.images, folder] as const;
  await io.processes.run({ doing: `writing the mirror ${request.folder}`, argv: [...argv] });
  const program = join(folder, boltNormaliseInMirror);
  await io.files.write(program, await io.files.read(await boltNormalise(io, cache, kubernetes)), 0o755);
  const { sha256 } = await io.files.sha256(program);
  const lock = {
    version: 1 as const,
    kubernetes: version,
    architecture,
    programs: { [boltNormaliseInMirror]: sha256 },
    entries: [...parts.lock],
  };
  await writeMirrorLock(io, folder, lock);
  return lock;
};

/** Makes the folder whole, or not at all. */
export const createMirror = async (io: Io, cache: Cache, request: MirrorRequest): Promise<MirrorLock> => {
  await checkFolder(io, request.folder);
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
