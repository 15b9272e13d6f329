// A cache that has the supply and the tools of the caller's own, and nothing else: what a test builds in it, it builds anew.
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { cacheFolder } from "../../src/edge/cache.ts";

/** Kinds of entries that say nothing about how a disk is made. */
const suppliedKinds = ["tools", "go", "program", "package", "container-image", "base-layer", "supply"];

export interface WarmCache {
  readonly folder: string;
  readonly remove: () => Promise<void>;
}

/** Beside the caller's cache, for links and renames stay on one file system. `more` names further kinds to share, such as `base`. */
export const warmCache = async (more: readonly string[] = []): Promise<WarmCache> => {
  const shared = resolve(cacheFolder(process.env));
  const folder = await mkdtemp(`${shared}-test-`);
  for (const kind of [...suppliedKinds, ...more]) {
    await mkdir(join(shared, kind), { recursive: true });
    await symlink(join(shared, kind), join(folder, kind));
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
};
