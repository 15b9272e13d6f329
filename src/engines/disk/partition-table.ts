// A GUID partition table: UEFI specification 2.10, section 5.3. Numbers are little-endian.
import { crc32 } from "node:zlib";
import { type Partition, sectorSize } from "./layout.ts";

export interface NamedPartition extends Partition {
  readonly uuid: string;
}

const entryCount = 128;
const entrySize = 128;
const entrySectors = (entryCount * entrySize) / sectorSize;
const headerSize = 92;

/** A GUID as it is on disk: the first three groups are numbers. */
const guidBytes = (guid: string): Buffer => {
  const [a = "", b = "", c = "", d = "", e = ""] = guid.split("-");
  const reversed = [a, b, c].map((group) => Buffer.from(group, "hex").toReversed());
  return Buffer.concat([...reversed, Buffer.from(d + e, "hex")]);
};

const entryBytes = ({ type, uuid, start, size, name }: NamedPartition): Buffer => {
  const entry = Buffer.alloc(entrySize);
  guidBytes(type).copy(entry, 0);
  guidBytes(uuid).copy(entry, 16);
  entry.writeBigUInt64LE(BigInt(start), 32);
  entry.writeBigUInt64LE(BigInt(start + size - 1), 40);
  entry.write(name, 56, "utf16le");
  return entry;
};

const entryArray = (partitions: readonly NamedPartition[]): Buffer => {
  const entries = Buffer.alloc(entryCount * entrySize);
  for (const [index, partition] of partitions.entries()) entryBytes(partition).copy(entries, index * entrySize);
  return entries;
};

interface HeaderPlace {
  readonly here: number;
  readonly other: number;
  readonly entries: number;
}

const headerSector = (place: HeaderPlace, lastSector: number, uuid: string, entries: Buffer): Buffer => {
  const header = Buffer.alloc(sectorSize);
  header.write("EFI PART", 0, "latin1");
  header.writeUInt32LE(0x00010000, 8);
  header.writeUInt32LE(headerSize, 12);
  header.writeBigUInt64LE(BigInt(place.here), 24);
  header.writeBigUInt64LE(BigInt(place.other), 32);
  header.writeBigUInt64LE(BigInt(2 + entrySectors), 40);
  header.writeBigUInt64LE(BigInt(lastSector - entrySectors - 1), 48);
  guidBytes(uuid).copy(header, 56);
  header.writeBigUInt64LE(BigInt(place.entries), 72);
  header.writeUInt32LE(entryCount, 80);
  header.writeUInt32LE(entrySize, 84);
  header.writeUInt32LE(crc32(entries), 88);
  header.writeUInt32LE(crc32(header.subarray(0, headerSize)), 16);
  return header;
};

/** One partition of type EE over the whole disk keeps tools that know no GPT away. */
const protectiveRecord = (lastSector: number): Buffer => {
  const record = Buffer.alloc(sectorSize);
  record.set([0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff], 446);
  record.writeUInt32LE(1, 454);
  record.writeUInt32LE(Math.min(lastSector, 0xffffffff), 458);
  record.set([0x55, 0xaa], 510);
  return record;
};

/** The table's two copies: `head` from the first sector on, `tail` up to the end of the disk. `size` in bytes. */
export const partitionTable = (
  size: number,
  uuid: string,
  partitions: readonly NamedPartition[],
): { readonly head: Buffer; readonly tail: Buffer } => {
  const lastSector = size / sectorSize - 1;
  const entries = entryArray(partitions);
  const first = { here: 1, other: lastSector, entries: 2 };
  const second = { here: lastSector, other: 1, entries: lastSector - entrySectors };
  return {
    head: Buffer.concat([protectiveRecord(lastSector), headerSector(first, lastSector, uuid, entries), entries]),
    tail: Buffer.concat([entries, headerSector(second, lastSector, uuid, entries)]),
  };
};

const guidText = (bytes: Buffer): string => {
  const hex = [bytes.subarray(0, 4), bytes.subarray(4, 6), bytes.subarray(6, 8)].map((part) =>
    Buffer.from(part.toReversed()).toString("hex"),
  );
  return [...hex, bytes.toString("hex", 8, 10), bytes.toString("hex", 10, 16)].join("-");
};

const noType = "00000000-0000-0000-0000-000000000000";

const parseEntry = (entry: Buffer): NamedPartition => {
  const start = Number(entry.readBigUInt64LE(32));
  return {
    name: entry.toString("utf16le", 56, 128).replace(/\0.*$/s, ""),
    type: guidText(entry.subarray(0, 16)),
    uuid: guidText(entry.subarray(16, 32)),
    start,
    size: Number(entry.readBigUInt64LE(40)) - start + 1,
  };
};

/** Bytes of a disk's start that hold its first table. */
export const tableSize = (2 + entrySectors) * sectorSize;

/** Partitions by the table at the disk's start, in the order of their places; undefined where there is none, or a damaged one. */
export const parsePartitionTable = (head: Buffer): readonly NamedPartition[] | undefined => {
  if (head.length < tableSize || head.toString("latin1", sectorSize, sectorSize + 8) !== "EFI PART") return undefined;
  const header = Buffer.from(head.subarray(sectorSize, sectorSize + headerSize));
  const sum = header.readUInt32LE(16);
  header.writeUInt32LE(0, 16);
  const [count, size] = [header.readUInt32LE(80), header.readUInt32LE(84)];
  const start = Number(header.readBigUInt64LE(72)) * sectorSize;
  const entries = head.subarray(start, start + count * size);
  if (entries.length < count * size) return undefined;
  if (crc32(header) !== sum || size < entrySize || crc32(entries) !== header.readUInt32LE(88)) return undefined;
  return Array.from({ length: count }, (_, index) => parseEntry(entries.subarray(index * size)))
    .filter(({ type }) => type !== noType)
    .toSorted((left, right) => left.start - right.start);
};
