// A small ISO 9660 writer: one folder of files, with Rock Ridge names and permissions. Pure, and the same bytes for the same input.
// Section numbers are those of ECMA-119 (the same text as ISO 9660); SUSP and RRIP are IEEE P1281 and P1282, drafts of 1994.

export interface IsoEntry {
  /** Any name without a slash, at most 200 bytes: Rock Ridge keeps it as it is. */
  readonly name: string;
  /** Bytes; below 4 GiB, which is what an extent's 32 bits can say. */
  readonly size: number;
  /** Permission bits; the owner is always root. */
  readonly mode: number;
}

export interface IsoFile extends Omit<IsoEntry, "size"> {
  readonly bytes: Uint8Array;
}

const sectorSize = 2048;
/** The system area, sectors 0 to 15, is left empty (6.2.1). */
const descriptorSector = 16;
const pathTableLittleSector = 18;
const pathTableBigSector = 19;
const rootSector = 20;

const regularFile = 0o100000;
const directory = 0o040000;

const sectorsFor = (bytes: number): number => Math.ceil(bytes / sectorSize);

/** 32 bits, little-endian and then big-endian (7.3.3). */
const putBoth32 = (bytes: Buffer, position: number, value: number): void => {
  bytes.writeUInt32LE(value, position);
  bytes.writeUInt32BE(value, position + 4);
};

/** 16 bits, little-endian and then big-endian (7.2.3). */
const putBoth16 = (bytes: Buffer, position: number, value: number): void => {
  bytes.writeUInt16LE(value, position);
  bytes.writeUInt16BE(value, position + 2);
};

/** 1980-01-01 00:00:00 UTC, so that no clock is read: years since 1900, month, day, hour, minute, second, zone (9.1.5). */
const recordingTime = Buffer.from([80, 1, 1, 0, 0, 0, 0]);
/** The same moment as digits and a zone (8.4.26.1). */
const volumeTime = Buffer.from("1980010100000000\0", "latin1");
/** "Not specified" (8.4.26.1). */
const noTime = Buffer.from("0000000000000000\0", "latin1");

// ---------------------------------------------------------------- system use fields

/** Signature, length, version 1, data: the form of every SUSP field. */
const field = (signature: string, ...data: readonly Uint8Array[]): Buffer => {
  const length = data.reduce((sum, part) => sum + part.length, 4);
  return Buffer.concat([Buffer.from(signature, "latin1"), Buffer.from([length, 1]), ...data]);
};

/** SUSP is in use; nothing to skip before its fields. */
const sharingProtocol = field("SP", Buffer.from([0xbe, 0xef, 0]));

/** The fields that follow are Rock Ridge's, by the identifier that P1282 registers; description and source are left out. */
const extensionReference = field("ER", Buffer.from([10, 0, 0, 1]), Buffer.from("RRIP_1991A", "latin1"));

/** Mode and links; owner and group are root. */
const posixAttributes = (mode: number, links: number): Buffer => {
  const data = Buffer.alloc(32);
  putBoth32(data, 0, mode);
  putBoth32(data, 8, links);
  return field("PX", data);
};

const folderAttributes = posixAttributes(directory | 0o555, 2);

const posixName = (name: string): Buffer => field("NM", Buffer.from([0]), Buffer.from(name, "utf8"));

// ---------------------------------------------------------------- directory records

interface Extent {
  readonly sector: number;
  readonly size: number;
}

/**
 * A directory record (9.1) without its extent. `identifier` is what plain ISO 9660 shows; `0` and `1` stand for the folder and its
 * parent.
 */
const directoryRecord = (identifier: Uint8Array, isFolder: boolean, ...systemUse: readonly Uint8Array[]): Buffer => {
  // The system use area starts at an even place, and the record ends at one.
  const afterIdentifier = 33 + identifier.length + ((identifier.length + 1) % 2);
  const used = systemUse.reduce((length, part) => length + part.length, afterIdentifier);
  const length = used + (used % 2);
  if (length > 255) throw new RangeError("a file name is too long for an ISO 9660 directory record");
  const record = Buffer.alloc(length);
  record[0] = length;
  record.set(recordingTime, 18);
  record[25] = isFolder ? 2 : 0;
  putBoth16(record, 28, 1);
  record[32] = identifier.length;
  record.set(identifier, 33);
  let position = afterIdentifier;
  for (const part of systemUse) {
    record.set(part, position);
    position += part.length;
  }
  return record;
};

const putExtent = (record: Buffer, { sector, size }: Extent): Buffer => {
  putBoth32(record, 2, sector);
  putBoth32(record, 10, size);
  return record;
};

/** Eight letters, digits and underscores, no extension, version 1 (7.5); a number at the end keeps them apart. */
const plainIdentifier = (name: string, index: number): Buffer => {
  const letters = name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
  return Buffer.from(`${letters.slice(0, 6).padEnd(6, "_")}${String(index).padStart(2, "0")}.;1`, "latin1");
};

type Described<Entry> = Entry & { readonly identifier: Buffer; readonly record: Buffer };

/** In the order of the plain identifiers, which readers expect (9.3). */
const describeFiles = <Entry extends IsoEntry>(files: readonly Entry[]): readonly Described<Entry>[] =>
  files
    .map((file, index) => {
      const identifier = plainIdentifier(file.name, index);
      const attributes = posixAttributes(regularFile | file.mode, 1);
      return { ...file, identifier, record: directoryRecord(identifier, false, attributes, posixName(file.name)) };
    })
    .toSorted((first, second) => Buffer.compare(first.identifier, second.identifier));

/** Where each record starts: none may cross from one sector into the next (6.8.1.1). */
const placeRecords = (records: readonly Buffer[]): { readonly starts: readonly number[]; readonly size: number } => {
  let used = 0;
  const starts = records.map((record) => {
    if ((used % sectorSize) + record.length > sectorSize) used = sectorsFor(used) * sectorSize;
    used += record.length;
    return used - record.length;
  });
  return { starts, size: sectorsFor(used) * sectorSize };
};

// ---------------------------------------------------------------- volume

/** Text padded with spaces to its field's length. */
const padded = (text: string, length: number): Buffer => Buffer.from(text.padEnd(length), "latin1");

const putPrimaryDescriptor = (sector: Buffer, volume: string, sectors: number, root: Extent): void => {
  const put = (position: number, part: Uint8Array): void => sector.set(part, position);
  put(0, Buffer.from("\x01CD001\x01", "latin1"));
  put(8, padded("", 32));
  put(40, padded(volume, 32));
  putBoth32(sector, 80, sectors);
  putBoth16(sector, 120, 1);
  putBoth16(sector, 124, 1);
  putBoth16(sector, 128, sectorSize);
  putBoth32(sector, 132, pathTableSize);
  sector.writeUInt32LE(pathTableLittleSector, 140);
  sector.writeUInt32BE(pathTableBigSector, 148);
  put(156, putExtent(directoryRecord(Buffer.from([0]), true), root));
  put(190, padded("", 623));
  put(813, volumeTime);
  put(830, volumeTime);
  put(847, noTime);
  put(864, noTime);
  sector[881] = 1;
};

const setTerminator = Buffer.from("\xffCD001\x01", "latin1");

const pathTableSize = 10;

/** One record, the root's (9.4), in both orders of bytes. */
const putPathTables = (little: Buffer, big: Buffer, root: Extent): void => {
  little[0] = 1;
  little.writeUInt32LE(root.sector, 2);
  little.writeUInt16LE(1, 6);
  big[0] = 1;
  big.writeUInt32BE(root.sector, 2);
  big.writeUInt16BE(1, 6);
};

const rootRecords = (root: Extent): readonly [Buffer, Buffer] => [
  putExtent(directoryRecord(Buffer.from([0]), true, sharingProtocol, folderAttributes, extensionReference), root),
  putExtent(directoryRecord(Buffer.from([1]), true, folderAttributes), root),
];

const checkVolume = (volume: string, files: readonly IsoEntry[]): void => {
  if (!/^[A-Z0-9_]{1,32}$/.test(volume)) throw new RangeError(`"${volume}" is no ISO 9660 volume identifier`);
  if (files.length > 100) throw new RangeError("more files than this writer tells apart");
  if (files.some(({ size }) => size > 0xffff_ffff)) throw new RangeError("a file of 4 GiB or more");
};

/** Everything that comes before the files' bytes, and the order that those come in, each filled up to a whole sector. */
const layOut = <Entry extends IsoEntry>(volume: string, files: readonly Entry[]) => {
  checkVolume(volume, files);
  const described = describeFiles(files);
  const { starts, size } = placeRecords([
    ...rootRecords({ sector: 0, size: 0 }),
    ...described.map(({ record }) => record),
  ]);
  const root = { sector: rootSector, size };
  const firstFile = rootSector + sectorsFor(size);
  const sectors = described.reduce((sum, file) => sum + sectorsFor(file.size), firstFile);
  const head = Buffer.alloc(firstFile * sectorSize);
  const at = (sector: number): Buffer => head.subarray(sector * sectorSize);
  putPrimaryDescriptor(at(descriptorSector), volume, sectors, root);
  at(descriptorSector + 1).set(setTerminator);
  putPathTables(at(pathTableLittleSector), at(pathTableBigSector), root);
  let sector = firstFile;
  for (const file of described) {
    putExtent(file.record, { sector, size: file.size });
    sector += sectorsFor(file.size);
  }
  const folder = at(rootSector);
  [...rootRecords(root), ...described.map(({ record }) => record)].forEach((record, index) => {
    folder.set(record, starts[index]);
  });
  return { head, files: described };
};

const padding = (size: number): Uint8Array => Buffer.alloc(sectorsFor(size) * sectorSize - size);

/**
 * The image of a volume that holds `files` in its root.
 * @param volume at most 32 of `A-Z0-9_`; readers find the volume by it.
 */
export const iso9660 = (volume: string, files: readonly IsoFile[]): Uint8Array => {
  const { head, files: placed } = layOut(
    volume,
    files.map((file) => ({ ...file, size: file.bytes.length })),
  );
  return Buffer.concat([head, ...placed.flatMap(({ bytes, size }) => [bytes, padding(size)])]);
};

/** The image of a volume with one file that is too large for memory: what comes before and after the file's own bytes. */
export const iso9660Around = (
  volume: string,
  file: IsoEntry,
): { readonly before: Uint8Array; readonly after: Uint8Array } => ({
  before: layOut(volume, [file]).head,
  after: padding(file.size),
});
