// Where things are on the disk, and what they are called. One layout for BIOS and UEFI.

export const sectorSize = 512;
const mebibyte = 1024 * 1024;
const sectorsOf = (mebibytes: number): number => (mebibytes * mebibyte) / sectorSize;

export interface Partition {
  readonly name: string;
  /** GUID of its kind: UEFI specification 2.10, table 5-7, and the discoverable partitions specification. */
  readonly type: string;
  /** In sectors, as is `size`. */
  readonly start: number;
  readonly size: number;
}

export interface DiskLayout {
  /** Bytes. */
  readonly size: number;
  /** Where a BIOS finds the rest of the boot loader: GRUB's core. */
  readonly bios: Partition;
  readonly esp: Partition;
  /** Last, so that it can grow. */
  readonly root: Partition;
}

/** Room for a node's first hour; cloud-init grows the root partition to the disk it finds. */
const diskMebibytes = 8 * 1024;
const espMebibytes = 64;
/** For the second partition table at the end, and an even end for the root partition. */
const tailMebibytes = 1;

export const diskLayout = (): DiskLayout => {
  const bios = { name: "bios", type: "21686148-6449-6e6f-744e-656564454649", start: sectorsOf(1), size: sectorsOf(1) };
  const esp = {
    name: "esp",
    type: "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
    start: bios.start + bios.size,
    size: sectorsOf(espMebibytes),
  };
  const start = esp.start + esp.size;
  const root = {
    name: "root",
    type: "4f68bce3-e8cd-4db1-96e7-fbcaf984b709",
    start,
    size: sectorsOf(diskMebibytes - tailMebibytes) - start,
  };
  return { size: diskMebibytes * mebibyte, bios, esp, root };
};
