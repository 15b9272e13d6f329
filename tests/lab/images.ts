// The role images of a cluster, by the same straight line as `kimg build` (src/pipeline.ts), unpacked.
import { mapLimited } from "../../src/concurrency.ts";
import { epochOf } from "../../src/commands/build.ts";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import type { Io } from "../../src/edge/io.ts";
import { buildDisk } from "../../src/engines/disk/index.ts";
import type { Cluster, Node } from "../../src/model.ts";
import { supply } from "../../src/supply/supply.ts";
import type { Place } from "./place.ts";
import { keepRoots, unpacked } from "./roots.ts";

/** Folders of unpacked root file systems, by role. */
export type Roots = Readonly<Record<string, string>>;

/** The pipeline's stages without the last one, which would copy gigabytes out of the cache for nobody. */
const builtRoot = async (io: Io, place: Place, cluster: Cluster, { role, image }: Node): Promise<string> => {
  const cache = openCache(io, cacheFolder(io.environment));
  const { kubernetes } = cluster;
  const [architecture, epoch] = ["amd64", epochOf(io.environment)] as const;
  const { components: packages, containerImages: images } = role;
  const parts = await supply(io, cache, { kubernetes, packages, images, architecture, epoch });
  const request = { role, image, kubernetes, architecture, formats: ["tar"], epoch } as const;
  const [tar] = (await buildDisk(io, cache, request, parts)).artifacts;
  if (tar === undefined) throw new Error(`no archive of ${role.name}`);
  return unpacked(io, place, tar);
};

/** Builds and unpacks what is not there yet, and forgets what no machine needs any more. No machine may be running. */
export const buildRoots = async (io: Io, place: Place, cluster: Cluster): Promise<Roots> => {
  const ofRoles = new Map(cluster.nodes.map((node) => [node.role.name, node]));
  const roots = await mapLimited([...ofRoles], 2, async ([role, node]) => [
    role,
    await builtRoot(io, place, cluster, node),
  ]);
  const byRole = Object.fromEntries(roots) as Roots;
  await keepRoots(io, place, Object.values(byRole));
  return byRole;
};
