// What of the distribution builds take: for whoever must bring it to where there is no network.
import { mapLimited } from "../../concurrency.ts";
import type { Cache } from "../../edge/cache.ts";
import type { Io } from "../../edge/io.ts";
import { type BuildRequest, diskFormats, type LockEntry, type SuppliedParts } from "../../model.ts";
import { baseStage } from "./base.ts";
import { imageTools, toolsSuite } from "./image-tools.ts";
import { rootStage } from "./provision.ts";

export interface Build {
  readonly request: BuildRequest;
  readonly supplied: SuppliedParts;
}

export interface NeededPackages {
  readonly suite: string;
  readonly packages: readonly LockEntry[];
}

/** Makes the root file systems, or takes them from the cache, because only apt can say what it installs. One answer for each build. */
export const packagesOfImages = (io: Io, cache: Cache, builds: readonly Build[]): Promise<NeededPackages[]> =>
  mapLimited(builds, 2, async ({ request, supplied }) => {
    const base = await baseStage(io, cache, request);
    const root = await rootStage(io, cache, { request, base, supplied });
    return { suite: request.image.suite, packages: [...base.lock, ...root.lock] };
  });

/** Those of the programs that make disks, in every format. */
export const packagesOfTools = async (io: Io, cache: Cache): Promise<NeededPackages> => {
  const { lock } = await imageTools(io, cache, diskFormats);
  return { suite: toolsSuite, packages: lock };
};
