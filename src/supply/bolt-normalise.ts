// The small program of ours that rewrites containerd's databases with the same bytes each time.
import { join } from "node:path";
import { ToolError } from "../diagnostic.ts";
import type { Cache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import type { BuildRequest } from "../model.ts";
import { compilePrograms } from "./compile.ts";
import type { Program } from "./components.ts";
import { readMirrorLock } from "./mirror-lock.ts";

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
  const path = join(mirror, boltNormaliseInMirror);
  const expected = (await readMirrorLock(io, mirror)).programs[boltNormaliseInMirror];
  const { sha256 } = await io.files.sha256(path);
  if (sha256 === expected) return path;
  const tail = `expected sha256 ${expected}\nbut it has    ${sha256}`;
  throw new ToolError(`checking ${path}`, { tail, hint: "the mirror was changed: make it again" });
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
