// `kimg mirror create`: everything that builds need, in a folder that can be carried to where there is no network.
import { relative, resolve } from "node:path";
import { UsageError } from "../diagnostic.ts";
import { cacheFolder, openCache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import { type Architecture, type SupplySource, defaultSupply } from "../model.ts";
import { createMirror } from "../supply/mirror-create.ts";
import { epochOf } from "./build.ts";
import { readLibrary } from "./check.ts";

export interface MirrorCommandOptions {
  /** Folder to make. */
  readonly folder: string;
  readonly kubernetes?: string;
  readonly from?: SupplySource;
  readonly arch: Architecture;
  readonly library: readonly string[];
}

export const mirrorCreate = async (io: Io, options: MirrorCommandOptions): Promise<string> => {
  const from = options.from ?? defaultSupply;
  if (from === "mirror")
    throw new UsageError("a mirror is not made from a mirror", "copy the folder, or take --from modules");
  const library = await readLibrary(io, options.library);
  const cache = openCache(io, resolve(cacheFolder(io.environment)));
  const folder = resolve(options.folder);
  const kubernetes = options.kubernetes ?? library.defaultKubernetesVersion;
  const lock = await createMirror(io, cache, {
    ...{ folder, kubernetes, from, architecture: options.arch },
    epoch: epochOf(io.environment),
  });
  const place = relative(".", folder) || ".";
  return [
    `${place}: ${lock.entries.length} packages and container images of Kubernetes ${kubernetes}`,
    `use it: kimg build --role worker --mirror ${place}`,
  ].join("\n");
};
