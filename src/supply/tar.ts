// Tar archives whose bytes depend on their content only: entries in order of path, owned by root, one time for all.
import { pipeline } from "node:stream/promises";
import { type Header, type Pack, pack } from "tar-stream";
import type { Io } from "../edge/io.ts";

/** What is at a path of an archive. Folders above it are added where they are not named. */
export type TarEntry =
  | { readonly kind: "file"; readonly mode: number; readonly bytes: Uint8Array }
  /** A file on the disk, read when its turn comes. */
  | { readonly kind: "disk"; readonly mode: number; readonly path: string }
  | { readonly kind: "link"; readonly target: string }
  | { readonly kind: "folder"; readonly mode: number };

/** Path relative to the root, without a leading slash → entry. */
export type TarTree = ReadonlyMap<string, TarEntry>;

export interface TarOptions {
  /** Seconds since 1970. */
  readonly epoch: number;
  /** Put before each path: Debian's packages say `./`. */
  readonly prefix?: string;
}

const withParents = (tree: TarTree): [string, TarEntry][] => {
  const all = new Map<string, TarEntry>();
  for (const path of tree.keys()) {
    const names = path.split("/");
    for (let depth = 1; depth < names.length; depth += 1) {
      all.set(names.slice(0, depth).join("/"), { kind: "folder", mode: 0o755 });
    }
  }
  for (const [path, entry] of tree) all.set(path, entry);
  return [...all].toSorted(([a], [b]) => (a < b ? -1 : 1));
};

const addEntry = async (
  io: Io,
  archive: Pack,
  header: Partial<Header> & { readonly name: string },
  entry: TarEntry,
): Promise<void> => {
  if (entry.kind === "disk") {
    const { size } = (await io.files.status(entry.path)) ?? { size: 0 };
    await pipeline(io.files.openRead(entry.path), archive.entry({ ...header, mode: entry.mode, size }));
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error | null): void => (error ? reject(error) : resolve());
    if (entry.kind === "file") archive.entry({ ...header, mode: entry.mode }, Buffer.from(entry.bytes), done);
    else if (entry.kind === "link")
      archive.entry({ ...header, type: "symlink", linkname: entry.target, mode: 0o777 }, done);
    else archive.entry({ ...header, name: `${header.name}/`, type: "directory", mode: entry.mode }, done);
  });
};

const addEntries = async (io: Io, archive: Pack, tree: TarTree, { epoch, prefix = "" }: TarOptions): Promise<void> => {
  const common = { uid: 0, gid: 0, uname: "root", gname: "root", mtime: new Date(epoch * 1000) };
  try {
    for (const [path, entry] of withParents(tree))
      await addEntry(io, archive, { ...common, name: prefix + path }, entry);
    archive.finalize();
  } catch (error) {
    archive.destroy(error as Error);
    throw error;
  }
};

/** Writes the archive to a new file, one file at a time in memory. */
export const writeTar = async (
  io: Io,
  tree: TarTree,
  to: string,
  options: TarOptions,
): Promise<{ readonly sha256: string; readonly size: number }> => {
  const archive = pack();
  await Promise.all([pipeline(archive, io.files.openWrite(to)), addEntries(io, archive, tree, options)]);
  return io.files.sha256(to);
};
