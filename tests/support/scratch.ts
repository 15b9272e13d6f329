// The real world in a folder of its own, with nothing printed: for tests of code that writes files and runs programs.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCache, type Cache } from "../../src/edge/cache.ts";
import type { Io } from "../../src/edge/io.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";

export interface Scratch {
  readonly io: Io;
  readonly folder: string;
  /** An empty cache inside the folder. */
  readonly cache: Cache;
}

/** Runs `use` with a new folder, which is removed afterwards. */
export const withScratch = async (use: (scratch: Scratch) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "kimg-test-"));
  const io = systemIo(startProgress("quiet"), new AbortController().signal);
  try {
    await use({ io, folder, cache: openCache(io, join(folder, "cache")) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
