// A seed on whatever medium it travels: a folder, an ISO 9660 volume, a FAT volume.
import { join, relative } from "node:path";
import { type Cache, openUserCache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import { imageTools } from "../engines/disk/image-tools.ts";
import { readIso9660 } from "../render/iso9660-reader.ts";
import { withWorkFolder } from "../tools/as-root.ts";
import { sandboxed } from "../tools/sandbox.ts";
import { damaged, readBytes } from "./artifact-kind.ts";
import { parseFileSystem, superblockEnd } from "./file-system.ts";
import type { SeedContent } from "./seed-facts.ts";

const seedKinds = ["seed-folder", "iso", "vfat"] as const;
export type SeedKind = (typeof seedKinds)[number];

export const isSeedKind = (kind: string): kind is SeedKind => (seedKinds as readonly string[]).includes(kind);

export interface FoundSeed {
  readonly medium: "folder" | "iso" | "vfat";
  /** The medium's label; empty for a folder. */
  readonly volume: string;
  readonly content: SeedContent;
}

/** A seed is small; what else lies on its medium may not be. */
const mostRead = 64 * 2 ** 20;

const filesBelow = async (io: Io, folder: string): Promise<readonly string[]> => {
  const names = await io.files.list(folder);
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const kind = (await io.files.status(path))?.kind;
      if (kind === "directory") return filesBelow(io, path);
      // A pipe would never end.
      return kind === "file" || kind === "link" ? [path] : [];
    }),
  );
  return found.flat();
};

/** Every file below a folder, by its path there. */
export const readFolder = async (io: Io, folder: string): Promise<SeedContent> => {
  const paths = await filesBelow(io, folder);
  const entries = await Promise.all(
    paths.map(async (path) => {
      const mode = (await io.files.status(path))?.mode;
      const entry = {
        bytes: await readBytes(io, path, 0, mostRead),
        mode: mode === undefined ? undefined : mode & 0o777,
      };
      return [relative(folder, path), entry] as const;
    }),
  );
  return new Map(entries);
};

/** A node's folder of `kimg render` has the seed one level below, beside copies of what it will write. */
const seedFolder = async (io: Io, folder: string): Promise<string> => {
  const below = join(folder, "nocloud");
  return (await io.files.status(below)) === undefined ? folder : below;
};

const readIso = async (io: Io, path: string): Promise<FoundSeed> => {
  const volume = readIso9660(await readBytes(io, path, 0, mostRead));
  if (volume !== undefined) {
    const content = new Map(volume.files.map((file) => [file.path, { bytes: file.bytes, mode: file.mode }]));
    return { medium: "iso", volume: volume.volume, content };
  }
  throw damaged(path, "its ISO 9660 volume cannot be read");
};

const readVfat = (io: Io, cache: Cache, path: string): Promise<FoundSeed> =>
  withWorkFolder(io, cache, async (work) => {
    const tools = await imageTools(io, cache, ["qcow2"]);
    const binds = [
      { from: path, to: "/disk" },
      { from: work, to: "/work", writable: true },
    ];
    const argv = ["mcopy", "-s", "-n", "-i", "/disk", "::*", "/work/"] as const;
    const program = { doing: `reading ${path}`, argv, binds, environment: { MTOOLS_SKIP_CHECK: "1" } };
    await io.processes.run(sandboxed(io, tools, program));
    const { label = "" } = parseFileSystem(await readBytes(io, path, 0, superblockEnd)) ?? {};
    const content = new Map(
      [...(await readFolder(io, work))].map(([name, file]) => [name, { ...file, mode: undefined }]),
    );
    return { medium: "vfat", volume: label, content };
  });

/** `path` absolute, of the kind that `recognise` told. */
export const readSeed = async (io: Io, path: string, kind: SeedKind): Promise<FoundSeed> => {
  if (kind === "iso") return readIso(io, path);
  if (kind === "vfat") return readVfat(io, openUserCache(io), path);
  return { medium: "folder", volume: "", content: await readFolder(io, await seedFolder(io, path)) };
};
