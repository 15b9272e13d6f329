// Files made by kimg itself, as a tar that is unpacked over a root file system.
import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import { pack } from "tar-stream";
import type { Io } from "../../edge/io.ts";
import type { FileTree, JsonValue } from "../../model.ts";

/** All of root, folders 0755; what is there already keeps its folders. */
export const writeFileTree = async (io: Io, tree: FileTree, epoch: number, to: string): Promise<void> => {
  const archive = pack();
  const mtime = new Date(epoch * 1000);
  for (const [name, { mode, bytes }] of tree) {
    archive.entry({ name, mode, mtime, uid: 0, gid: 0, uname: "root", gname: "root" }, Buffer.from(bytes));
  }
  archive.finalize();
  await pipeline(archive, io.files.openWrite(to));
};

/** What tells one tree from another, for a cache key. */
export const treeIdentity = (tree: FileTree): JsonValue =>
  [...tree].map(([path, { mode, bytes }]) => [path, mode, createHash("sha256").update(bytes).digest("hex")]);

/** Later trees win; sorted by path. */
export const mergeTrees = (...trees: readonly FileTree[]): FileTree =>
  new Map(trees.flatMap((tree) => [...tree]).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
