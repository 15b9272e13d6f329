// Programs of the default supply, unpacked for a test to run.
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Cache } from "../../src/edge/cache.ts";
import type { Io } from "../../src/edge/io.ts";
import { supply } from "../../src/supply/supply.ts";

/** Unpacks the packages, compiled from modules where the cache does not have them, below `folder`: `<folder>/usr/bin/kubeadm`. */
export const unpackSupply = async (
  io: Io,
  cache: Cache,
  packages: readonly string[],
  folder: string,
): Promise<void> => {
  const kubernetes = { version: "1.37.2", from: "modules", mirror: undefined } as const;
  const parts = await supply(io, cache, { kubernetes, packages, images: [], architecture: "amd64", epoch: 0 });
  await mkdir(folder, { recursive: true });
  for (const name of (await readdir(parts.packages)).filter((each) =>
    packages.some((wanted) => each.startsWith(`${wanted}_`)),
  )) {
    const argv = ["dpkg-deb", "-x", join(parts.packages, name), folder] as const;
    await io.processes.run({ doing: `unpacking ${name}`, argv: [...argv] });
  }
};
