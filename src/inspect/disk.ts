// A disk image, read without booting it, without root and without mounting: partition table, file systems, and what the root one holds.
import { join, posix } from "node:path";
import type { Cache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import {
  type Entry,
  type FileSystemPlace,
  type Listing,
  digestFiles,
  listFolders,
  readFileText,
} from "../engines/disk/debugfs.ts";
import { sectorSize } from "../engines/disk/layout.ts";
import { type NamedPartition, parsePartitionTable, tableSize } from "../engines/disk/partition-table.ts";
import { imageTools } from "../engines/disk/image-tools.ts";
import { withWorkFolder } from "../tools/as-root.ts";
import { sandboxed } from "../tools/sandbox.ts";
import type { ToolsTree } from "../tools/tools.ts";
import { readBytes } from "./artifact-kind.ts";
import { type FileSystem, parseFileSystem, superblockEnd } from "./file-system.ts";
import { type FoundFile, type FoundFiles, type RootFacts, rootFacts, tellingPaths } from "./root-facts.ts";

export interface FoundPartition extends NamedPartition {
  /** Undefined where there is none that is known here. */
  readonly fileSystem: FileSystem | undefined;
}

export interface FoundDisk {
  /** Bytes that a machine sees. */
  readonly size: number;
  /** Empty without a GUID partition table. */
  readonly partitions: readonly FoundPartition[];
  /** Undefined when no partition holds an ext4. */
  readonly root: RootFacts | undefined;
}

const findPartitions = async (io: Io, raw: string): Promise<readonly FoundPartition[]> => {
  const table = parsePartitionTable(await readBytes(io, raw, 0, tableSize)) ?? [];
  return Promise.all(
    table.map(async (partition) => {
      const start = await readBytes(io, raw, partition.start * sectorSize, superblockEnd);
      return { ...partition, fileSystem: parseFileSystem(start) };
    }),
  );
};

const found = ({ kind, mode, user, group, size }: Entry): FoundFile => ({
  ...{ kind, mode, size },
  owner: `${user}:${group}`,
});

/** A name with a line break would be two lines to debugfs. */
const isPlain = ({ name }: Entry): boolean => !/[\n\r]/.test(name);

/** Level by level: one run of debugfs for all folders of the same depth. */
const listAll = async (list: (folders: readonly string[]) => Promise<Listing>): Promise<Map<string, FoundFile>> => {
  const files = new Map<string, FoundFile>();
  for (let level: readonly string[] = ["/"]; level.length > 0;) {
    const below: string[] = [];
    for (const [folder, entries] of await list(level)) {
      for (const entry of entries.filter(isPlain)) {
        const path = posix.join(folder, entry.name);
        files.set(path, found(entry));
        if (entry.kind === "folder") below.push(path);
      }
    }
    level = below;
  }
  return files;
};

const withDigests = async (
  io: Io,
  tools: ToolsTree,
  place: FileSystemPlace,
  files: FoundFiles,
  work: string,
): Promise<FoundFiles> => {
  const digests = await digestFiles(io, tools, place, work);
  return new Map(
    [...files].map(([path, file]) => {
      const sha256 = file.kind === "file" ? digests.files.get(path) : undefined;
      const target = file.kind === "link" ? digests.links.get(path) : undefined;
      return [path, { ...file, ...(sha256 ? { sha256 } : {}), ...(target ? { target } : {}) }];
    }),
  );
};

interface Reading {
  readonly io: Io;
  readonly tools: ToolsTree;
  readonly work: string;
  readonly contents: boolean;
}

const readRoot = async ({ io, tools, work, contents }: Reading, place: FileSystemPlace): Promise<RootFacts> => {
  const texts = new Map<string, string>();
  for (const path of tellingPaths) texts.set(path, await readFileText(io, tools, place, path));
  const files = await listAll((folders) => listFolders(io, tools, place, folders));
  return rootFacts(texts, contents ? await withDigests(io, tools, place, files, join(work, "contents")) : files);
};

const damagedHint = "the file may be damaged: SHA256SUMS beside an image tells";

/** The disk as a machine sees it; the file itself when it is that already. */
const plainDisk = async ({ io, tools, work }: Reading, path: string, format: "qcow2" | "raw"): Promise<string> => {
  if (format === "raw") return path;
  // What a cut file lacks would read as zeros. 3: some room in it is lost, and nothing is wrong.
  const check = ["qemu-img", "check", "-q", "-f", "qcow2", "/disk"] as const;
  const source = { from: path, to: "/disk" };
  await io.processes.run(
    sandboxed(io, tools, {
      doing: `checking ${path}`,
      argv: check,
      binds: [source],
      accept: [0, 3],
      hint: damagedHint,
    }),
  );
  const argv = ["qemu-img", "convert", "-f", "qcow2", "-O", "raw", "/disk", "/work/disk.raw"] as const;
  const binds = [source, { from: work, to: "/work", writable: true }];
  await io.processes.run(sandboxed(io, tools, { doing: `unpacking ${path}`, argv, binds, hint: damagedHint }));
  return join(work, "disk.raw");
};

/**
 * `path` absolute. With `contents` every file is hashed, for which they are all copied out once: some seconds, and as much room in the
 * cache folder, which is given back.
 */
export const readDiskImage = async (
  io: Io,
  cache: Cache,
  path: string,
  format: "qcow2" | "raw",
  contents: boolean,
): Promise<FoundDisk> => {
  const tools = await imageTools(io, cache, ["qcow2"]);
  return withWorkFolder(io, cache, async (work) => {
    const reading = { io, tools, work, contents };
    const raw = await plainDisk(reading, path, format);
    const partitions = await findPartitions(io, raw);
    const ext4 = partitions.findLast(({ fileSystem }) => fileSystem?.type === "ext4");
    const size = (await io.files.status(raw))?.size ?? 0;
    const place = { disk: raw, offset: (ext4?.start ?? 0) * sectorSize };
    return { size, partitions, root: ext4 === undefined ? undefined : await readRoot(reading, place) };
  });
};
