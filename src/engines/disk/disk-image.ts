// A root file system becomes a disk: partition table, boot loader, EFI system partition and ext4, in a plain file, nothing mounted.
import { join } from "node:path";
import type { Io } from "../../edge/io.ts";
import { sandboxed } from "../../tools/sandbox.ts";
import type { ToolsTree } from "../../tools/tools.ts";
import { type BootLoader, makeBootLoader } from "./boot-loader.ts";
import { uuidFrom, volumeIdFrom } from "./identity.ts";
import { joinArchives } from "../../formats/joined-archives.ts";
import { type DiskLayout, diskLayout, sectorSize } from "./layout.ts";
import { partitionTable } from "./partition-table.ts";
import { writeFileTree } from "./file-tree-archive.ts";

/** What the work below needs of Debian. libarchive reads the tar for mke2fs; libc-bin holds the locale that it wants for its names. */
export const diskTools = [
  ...[
    "dosfstools",
    "e2fsprogs",
    "grub-common",
    "grub-efi-amd64-bin",
    "grub-pc-bin",
    "libarchive13t64",
    "libc-bin",
    "mtools",
  ],
  "qemu-utils",
];

export interface DiskContent {
  /** Tar archives, all of them for the root file system; later ones may not repeat a file. */
  readonly archives: readonly string[];
  /** Tells this content from any other: the disk's UUIDs are made from it. */
  readonly identity: string;
  /** Seconds since 1970. */
  readonly epoch: number;
}

interface Assembly {
  readonly io: Io;
  readonly tools: ToolsTree;
  /** Folder for temporary files. */
  readonly work: string;
  /** The disk, below `work`. */
  readonly raw: string;
  readonly layout: DiskLayout;
  readonly content: DiskContent;
}

/** Runs a program on the disk, which it sees as `/work/disk.raw`. */
const onDisk = async (
  { io, tools, work }: Assembly,
  doing: string,
  argv: readonly [string, ...string[]],
  more: Partial<Parameters<typeof sandboxed>[2]> = {},
): Promise<void> => {
  await io.processes.run(
    sandboxed(io, tools, { doing, argv, binds: [{ from: work, to: "/work", writable: true }], ...more }),
  );
};

const disk = "/work/disk.raw";

const writeAt = async ({ io, raw }: Assembly, offset: number, input: Uint8Array): Promise<void> => {
  const options = ["conv=notrunc", "oflag=seek_bytes", "iflag=fullblock", "bs=1M", "status=none"];
  await io.processes.run({
    doing: "writing the boot sectors",
    argv: ["dd", `of=${raw}`, `seek=${offset}`, ...options],
    input,
  });
};

const rootUuid = (content: DiskContent): string => uuidFrom(content.identity, "root file system");

/**
 * mke2fs takes its own time from E2FSPROGS_FAKE_TIME and leaves the files theirs; with SOURCE_DATE_EPOCH it would set theirs back too,
 * and Python's byte code, which names the time of its source, would be of no use.
 */
const makeRootFileSystem = async (assembly: Assembly): Promise<void> => {
  const { io, layout, content, work } = assembly;
  const { start, size } = layout.root;
  const uuid = rootUuid(content);
  const table = Buffer.from(`UUID=${uuid} / ext4 defaults,errors=remount-ro 0 1\n`);
  const fstab = join(work, "fstab.tar");
  await writeFileTree(io, new Map([["etc/fstab", { mode: 0o644, bytes: table }]]), content.epoch, fstab);
  const features = `hash_seed=${uuid},lazy_itable_init=1,root_owner=0:0,offset=${start * sectorSize}`;
  const options = ["-q", "-F", "-t", "ext4", "-L", "kimg-root", "-U", uuid, "-m", "1", "-E", features];
  await onDisk(
    assembly,
    "making the root file system",
    ["mke2fs", ...options, "-d", "-", disk, `${(size * sectorSize) / 1024}k`],
    {
      input: joinArchives(io, [...content.archives, fstab]),
      environment: { E2FSPROGS_FAKE_TIME: String(content.epoch) },
    },
  );
};

/** One sector a cluster: FAT32 must have 65,525 clusters at least, and mkfs.vfat goes by the size of the whole disk. */
const espScript = `set -eu
mkfs.vfat --invariant -F 32 -s 1 -i "$1" -n ESP --offset "$2" /work/disk.raw "$3" > /dev/null
export MTOOLS_SKIP_CHECK=1
esp=/work/disk.raw@@$(($2 * ${sectorSize}))
mmd -i "$esp" ::/EFI ::/EFI/BOOT ::/grub
mcopy -i "$esp" /work/BOOTX64.EFI ::/EFI/BOOT/BOOTX64.EFI
mcopy -i "$esp" /work/grub.cfg ::/grub/grub.cfg`;

const makeEfiSystemPartition = async (assembly: Assembly, loader: BootLoader, volumeId: string): Promise<void> => {
  const { io, work, layout, content } = assembly;
  const { start, size } = layout.esp;
  await io.files.write(join(work, "BOOTX64.EFI"), loader.efiProgram);
  await io.files.write(join(work, "grub.cfg"), loader.configuration);
  const kibibytes = (size * sectorSize) / 1024;
  const argv = ["sh", "-c", espScript, "sh", volumeId, String(start), String(kibibytes)] as const;
  await onDisk(assembly, "making the EFI system partition", argv, {
    environment: { SOURCE_DATE_EPOCH: String(content.epoch) },
  });
};

/** The boot record's code goes before the table of partitions that ends the first sector. */
const bootCodeSize = 440;

const writeBootSectors = async (assembly: Assembly, loader: BootLoader): Promise<void> => {
  const { layout, content } = assembly;
  const named = [layout.bios, layout.esp, layout.root].map((partition) => ({
    ...partition,
    uuid: uuidFrom(content.identity, `partition ${partition.name}`),
  }));
  const { head, tail } = partitionTable(layout.size, uuidFrom(content.identity, "disk"), named);
  loader.bootRecord.copy(head, 0, 0, bootCodeSize);
  await writeAt(assembly, 0, head);
  await writeAt(assembly, layout.bios.start * sectorSize, loader.core);
  await writeAt(assembly, layout.size - tail.length, tail);
};

/** Makes the disk in `work`, a folder of the caller's, and returns its path: a sparse file that boots under BIOS and UEFI. */
export const makeDisk = async (io: Io, tools: ToolsTree, work: string, content: DiskContent): Promise<string> => {
  const layout = diskLayout();
  const raw = join(work, "disk.raw");
  const assembly: Assembly = { io, tools, work, raw, layout, content };
  const espVolumeId = volumeIdFrom(content.identity, "EFI system partition");
  await io.processes.run({ doing: "making an empty disk", argv: ["truncate", "--size", String(layout.size), raw] });
  await makeRootFileSystem(assembly);
  const loader = await makeBootLoader(io, tools, work, { rootUuid: rootUuid(content), espVolumeId }, layout.bios);
  await makeEfiSystemPartition(assembly, loader, espVolumeId);
  await writeBootSectors(assembly, loader);
  return raw;
};
