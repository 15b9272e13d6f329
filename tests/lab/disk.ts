// One machine's disk: a layer over its role's root, with folders of its own where a layer will not do. Owns what a fresh machine
// finds there, which is its image and its seed and nothing else.
import { join } from "node:path";
import type { Io } from "../../src/edge/io.ts";
import { type Place, removeFrom } from "./place.ts";

export interface Disk {
  /** Read only: the role's image. */
  readonly lower: string;
  /** What the machine has written. */
  readonly upper: string;
  readonly work: string;
  /** Where the two are seen as one, by the machine alone. */
  readonly merged: string;
  /** Folders of the host → where the machine has them. */
  readonly folders: ReadonlyMap<string, string>;
  /** Of the source tree → where they lie over the image's. */
  readonly fromSource: readonly (readonly [string, string])[];
}

/**
 * containerd's overlayfs snapshotter takes no overlay for its upper layers (the kernel refuses: "filesystem not supported as upperdir").
 * etcd's database and the kubelet's volumes are here for the sake of being on a disk like any other.
 */
const ownFolders = { containerd: "/var/lib/containerd", etcd: "/var/lib/etcd", kubelet: "/var/lib/kubelet" } as const;

interface DiskOptions {
  readonly runsContainers: boolean;
  readonly fromSource: Disk["fromSource"];
}

export const diskOf = (
  place: Place,
  machine: string,
  lower: string,
  { runsContainers, fromSource }: DiskOptions,
): Disk => ({
  lower,
  fromSource,
  upper: place.machine(machine, "upper"),
  work: place.machine(machine, "work"),
  merged: place.machine(machine, "merged"),
  folders: new Map(
    runsContainers ? Object.entries(ownFolders).map(([name, path]) => [place.machine(machine, name), path]) : [],
  ),
});

const run = (io: Io, doing: string, argv: readonly [string, ...string[]]): Promise<unknown> =>
  io.processes.run({ doing, argv });

/**
 * A folder of the image as the machine's own. Its files are hard links, for gigabytes of layers are never written to in place: containerd
 * unpacks and removes. Its databases are, so they are copied.
 */
const ownFolder = async (io: Io, lower: string, folder: string, path: string): Promise<void> => {
  const original = join(lower, path);
  if ((await io.files.status(original)) === undefined) {
    await run(io, "making a folder", ["install", "--directory", "--mode=0700", folder]);
    return;
  }
  await run(io, "making a machine's folder", ["cp", "--archive", "--link", original, folder]);
  const find = ["find", folder, "-name", "*.db", "-type", "f", "-links", "+1"] as const;
  await run(io, "copying databases", [...find, "-exec", "sh", "-c", copyInPlace, "sh", "{}", "+"]);
};

const copyInPlace = 'for file; do cp --preserve=all "$file" "$file.own" && mv "$file.own" "$file"; done';

/** The folder of NoCloud (docs.cloud-init.io, datasource NoCloud) that needs no disk of its own. */
const seedFolder = "/var/lib/cloud/seed/nocloud";

/** As if the machine had been taken out of its box again, with its image and this seed. It must not be running. */
export const wipeDisk = async (io: Io, place: Place, disk: Disk, seed: string): Promise<void> => {
  for (const folder of [disk.upper, disk.work, ...disk.folders.keys()]) await removeFrom(place, io.files, folder);
  for (const folder of [disk.upper, disk.work, disk.merged]) await io.files.makeFolder(folder);
  for (const [folder, path] of disk.folders) await ownFolder(io, disk.lower, folder, path);
  await seedDisk(io, disk, seed);
};

/** Puts a seed there, in place of the one that may be there. The machine must not be running. */
export const seedDisk = async (io: Io, disk: Disk, seed: string): Promise<void> => {
  const folder = join(disk.upper, seedFolder);
  await io.files.remove(folder);
  await io.files.makeFolder(folder);
  const names = (await io.files.list(seed)).map((name) => join(seed, name));
  await run(io, "putting a seed", ["install", "--mode=0600", "--target-directory", folder, ...names]);
};
