// What the first bytes of a partition say of the file system in it. Pure.

export interface FileSystem {
  readonly type: "ext4" | "vfat";
  /** Empty when it has none. */
  readonly label: string;
  readonly uuid: string;
}

/** Bytes of a partition's start that are needed. */
export const superblockEnd = 2048;

const textAt = (bytes: Buffer, start: number, end: number): string =>
  bytes.toString("latin1", start, end).replace(/\0.*$/s, "").trim();

const uuidText = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");

/** https://docs.kernel.org/filesystems/ext4/globals.html#super-block: it begins at byte 1024. */
const ext = (bytes: Buffer): FileSystem | undefined => {
  if (bytes.readUInt16LE(1024 + 0x38) !== 0xef53) return undefined;
  const uuid = uuidText(bytes.toString("hex", 1024 + 0x68, 1024 + 0x78));
  return { type: "ext4", label: textAt(bytes, 1024 + 0x78, 1024 + 0x88), uuid };
};

/** Microsoft's FAT specification 1.03, boot sector: FAT32 has its volume's fields further back than FAT12 and FAT16. */
const fat = (bytes: Buffer): FileSystem | undefined => {
  const start = bytes.toString("latin1", 82, 87) === "FAT32" ? 67 : bytes.toString("latin1", 54, 57) === "FAT" ? 39 : 0;
  if (start === 0) return undefined;
  const serial = bytes.readUInt32LE(start).toString(16).toUpperCase().padStart(8, "0");
  const label = textAt(bytes, start + 4, start + 15);
  return {
    type: "vfat",
    label: label === "NO NAME" ? "" : label,
    uuid: `${serial.slice(0, 4)}-${serial.slice(4)}`,
  };
};

/** Undefined for anything else, or nothing. */
export const parseFileSystem = (start: Buffer): FileSystem | undefined =>
  start.length < superblockEnd ? undefined : (ext(start) ?? fat(start));
