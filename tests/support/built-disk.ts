// The disk of a node, as `kimg build` makes it: out of the cache where it is there already.
import { join } from "node:path";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import type { Io } from "../../src/edge/io.ts";
import { type Library, type Node, defaultSupply } from "../../src/model.ts";
import { buildImage } from "../../src/pipeline.ts";

/** Path of the qcow2, below `folder`. */
export const builtDisk = async (
  io: Io,
  folder: string,
  library: Library,
  { role, image }: Pick<Node, "role" | "image">,
): Promise<string> => {
  const kubernetes = { version: library.defaultKubernetesVersion, from: defaultSupply, mirror: undefined };
  const request = { role, image, kubernetes, architecture: "amd64", formats: ["qcow2"], epoch: 1_735_689_600 } as const;
  const cache = openCache(io, cacheFolder(io.environment));
  const built = await buildImage(io, cache, request, { output: join(folder, "images"), locked: false });
  return join(built.folder, built.artifacts[0]?.path ?? "");
};
