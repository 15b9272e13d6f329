// A cache that has the supply and the tools of the caller's own, and nothing else: what a test builds in it, it builds anew.
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { cacheFolder } from "../../src/edge/cache.ts";

/** Kinds of entries that say nothing about how a disk is made. */
export const suppliedKinds = ["tools", "go", "program", "package", "container-image", "base-layer", "supply"];

/** Beside the caller's cache, for links and renames stay on one file system. Returns the folder and how to remove it. */
export const warmCache = async (): Promise<{ readonly folder: string; readonly remove: () => Promise<void> }> => {
  const shared = resolve(cacheFolder(process.env));
  const folder = await mkdtemp(`${shared}-test-`);
  for (const kind of suppliedKinds) await symlink(join(shared, kind), join(folder, kind));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
};
