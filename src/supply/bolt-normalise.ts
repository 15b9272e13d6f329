// The small program of ours that rewrites containerd's databases with the same bytes each time.
import { resolve } from "node:path";
import type { Cache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import type { BuildRequest } from "../model.ts";
import { compilePrograms } from "./compile.ts";
import type { Program } from "./components.ts";
import { checkDigest, readMirrorLock } from "./mirror-lock.ts";

const program: Program = {
  module: "bolt-normalise",
  package: "kimg/components/bolt-normalise",
  cgo: false,
  tags: [],
  stamp: {},
};

/** Where a mirror keeps it. */
export const boltNormaliseInMirror = "programs/bolt-normalise";

const fromMirror = async (io: Io, mirror: string): Promise<string> => {
  const path = resolve(mirror, boltNormaliseInMirror);
  await checkDigest(io, path, (await readMirrorLock(io, mirror)).files[boltNormaliseInMirror]);
  return path;
};

/** Absolute path of the program: `bolt-normalise SOURCE TARGET EPOCH`. From the mirror, if one is used; else compiled. */
export const boltNormalise = async (
  io: Io,
  cache: Cache,
  { from, mirror }: Pick<BuildRequest["kubernetes"], "from" | "mirror">,
): Promise<string> => {
  if (from === "mirror" && mirror !== undefined) return fromMirror(io, mirror);
  const compiled = await compilePrograms(io, cache, [program]);
  return compiled.get(program)?.path ?? "";
};
