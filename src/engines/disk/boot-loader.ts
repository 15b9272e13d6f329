// GRUB for BIOS and for UEFI, put onto the disk without its installer, which wants a mounted disk. Both read one configuration on the
// EFI system partition.
import { join } from "node:path";
import type { Io } from "../../edge/io.ts";
import { sandboxed } from "../../tools/sandbox.ts";
import type { ToolsTree } from "../../tools/tools.ts";
import { type Partition, sectorSize } from "./layout.ts";

export interface BootLoader {
  /** GRUB's core for BIOS: goes to the BIOS partition. */
  readonly core: Buffer;
  /** The code of the disk's first sector. */
  readonly bootRecord: Buffer;
  /** For `/EFI/BOOT/BOOTX64.EFI`, where firmware looks when nothing else is set. */
  readonly efiProgram: Buffer;
  /** For `/grub/grub.cfg`. */
  readonly configuration: string;
}

export interface BootIdentity {
  readonly rootUuid: string;
  /** Eight hex digits. */
  readonly espVolumeId: string;
}

const modules = [
  ...[
    "part_gpt",
    "part_msdos",
    "fat",
    "ext2",
    "normal",
    "configfile",
    "linux",
    "search",
    "search_fs_uuid",
    "echo",
    "serial",
  ],
  ...["terminal", "test", "boot", "gzio", "minicmd", "ls", "cat", "halt", "reboot", "sleep"],
];

/** GRUB writes a FAT serial number with a dash. */
const dashed = (volumeId: string): string => `${volumeId.slice(0, 4)}-${volumeId.slice(4)}`;

const earlyConfiguration = ({ espVolumeId }: BootIdentity): string =>
  `search.fs_uuid ${dashed(espVolumeId)} esp\nset prefix=($esp)/grub\nconfigfile ($esp)/grub/grub.cfg\n`;

/** The kernel's links in the root folder are kept up to date by Debian's kernel packages; /boot/grub/kimg.cfg may set `options`. */
const configurationOf = ({ rootUuid }: BootIdentity): string =>
  [
    "set timeout=0",
    "serial --unit=0 --speed=115200",
    "terminal_input console serial",
    "terminal_output console serial",
    `search --no-floppy --fs-uuid --set=root ${rootUuid}`,
    "set options=",
    "if [ -f /boot/grub/kimg.cfg ]; then source /boot/grub/kimg.cfg; fi",
    `linux /vmlinuz root=UUID=${rootUuid} ro $options`,
    "initrd /initrd.img",
    "boot",
    "",
  ].join("\n");

const makeImage = async (
  io: Io,
  tools: ToolsTree,
  work: string,
  format: string,
  extra: readonly string[],
): Promise<Buffer> => {
  const name = `grub-${format}`;
  const command = [
    "grub-mkimage",
    "--format",
    format,
    "--directory",
    `/usr/lib/grub/${format}`,
    "--prefix",
    "/grub",
  ] as const;
  await io.processes.run(
    sandboxed(io, tools, {
      doing: `making the boot loader for ${format}`,
      argv: [...command, "--config", "/work/early.cfg", "--output", `/work/${name}`, ...modules, ...extra],
      binds: [{ from: work, to: "/work", writable: true }],
    }),
  );
  return Buffer.from(await io.files.read(join(work, name)));
};

/**
 * GRUB's first sector loads the core from a fixed sector: offsets from grub's include/grub/i386/pc/boot.h (2.12). The core's own first
 * sector loads the rest of it: the block list at its end, include/grub/offsets.h.
 */
const patchForPartition = (bootRecord: Buffer, core: Buffer, { start }: Partition): void => {
  bootRecord.writeBigUInt64LE(BigInt(start), 0x5c);
  // The drive is the one that the BIOS booted from, and it is no floppy: skip the check that would ask.
  bootRecord.writeUInt8(0xff, 0x64);
  bootRecord.fill(0x90, 0x66, 0x68);
  const loadSegment = 0x820;
  core.writeBigUInt64LE(BigInt(start + 1), 0x1f4);
  core.writeUInt16LE(Math.ceil(core.length / sectorSize) - 1, 0x1fc);
  core.writeUInt16LE(loadSegment, 0x1fe);
};

/** `work` is a folder of the caller's for temporary files. */
export const makeBootLoader = async (
  io: Io,
  tools: ToolsTree,
  work: string,
  identity: BootIdentity,
  biosPartition: Partition,
): Promise<BootLoader> => {
  await io.files.write(join(work, "early.cfg"), earlyConfiguration(identity));
  const core = await makeImage(io, tools, work, "i386-pc", ["biosdisk"]);
  const efiProgram = await makeImage(io, tools, work, "x86_64-efi", []);
  const bootRecord = Buffer.from(await io.files.read(join(tools.folder, "usr/lib/grub/i386-pc/boot.img")));
  if (core.length > biosPartition.size * sectorSize) throw new Error("GRUB's core does not fit its partition");
  patchForPartition(bootRecord, core, biosPartition);
  return { core, bootRecord, efiProgram, configuration: configurationOf(identity) };
};
