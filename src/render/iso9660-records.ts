// The records of an ISO 9660 folder, with Rock Ridge's fields. Section numbers are those of ECMA-119; SUSP and RRIP are IEEE P1281 and
// P1282, drafts of 1994.

export const sectorSize = 2048;

const regularFile = 0o100000;
const directory = 0o040000;

export const sectorsFor = (bytes: number): number => Math.ceil(bytes / sectorSize);

/** 32 bits, little-endian and then big-endian (7.3.3). */
export const putBoth32 = (bytes: Buffer, position: number, value: number): void => {
  bytes.writeUInt32LE(value, position);
  bytes.writeUInt32BE(value, position + 4);
};

/** 16 bits, little-endian and then big-endian (7.2.3). */
export const putBoth16 = (bytes: Buffer, position: number, value: number): void => {
  bytes.writeUInt16LE(value, position);
  bytes.writeUInt16BE(value, position + 2);
};

/** 1980-01-01 00:00:00 UTC, so that no clock is read: years since 1900, month, day, hour, minute, second, zone (9.1.5). */
const recordingTime = Buffer.from([80, 1, 1, 0, 0, 0, 0]);
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

export interface Extent {
  readonly sector: number;
  readonly size: number;
}

/**
 * A directory record (9.1) without its extent. `identifier` is what plain ISO 9660 shows; `0` and `1` stand for the folder and its
 * parent.
 */
export const directoryRecord = (
  identifier: Uint8Array,
  isFolder: boolean,
  ...systemUse: readonly Uint8Array[]
): Buffer => {
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

export const putExtent = (record: Buffer, { sector, size }: Extent): Buffer => {
  putBoth32(record, 2, sector);
  putBoth32(record, 10, size);
  return record;
};

export interface Described {
  readonly identifier: Buffer;
  readonly record: Buffer;
}

/** Eight letters, digits and underscores, no extension, version 1 (7.5); a number at the end keeps them apart. */
const plainIdentifier = (name: string, index: number): Buffer => {
  const letters = name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
  return Buffer.from(`${letters.slice(0, 6).padEnd(6, "_")}${String(index).padStart(2, "0")}.;1`, "latin1");
};

/** A file's record without its extent; `index` tells it from the others where long names are not read. */
export const fileRecord = (name: string, mode: number, index: number): Described => {
  const identifier = plainIdentifier(name, index);
  const systemUse = [posixAttributes(regularFile | mode, 1), posixName(name)];
  return { identifier, record: directoryRecord(identifier, false, ...systemUse) };
};

/** A folder's, as its parent holds it. */
export const folderRecord = (name: string, index: number): Described => {
  const identifier = plainIdentifier(name, index).subarray(0, 8);
  return { identifier, record: directoryRecord(identifier, true, folderAttributes, posixName(name)) };
};

/** The two with which each folder begins: itself and its parent. The root's own says which extensions are in use. */
export const ownRecords = (self: Extent, parent: Extent, isRoot: boolean): readonly [Buffer, Buffer] => {
  const extensions = isRoot ? [extensionReference] : [];
  const sharing = isRoot ? [sharingProtocol] : [];
  return [
    putExtent(directoryRecord(Buffer.from([0]), true, ...sharing, folderAttributes, ...extensions), self),
    putExtent(directoryRecord(Buffer.from([1]), true, folderAttributes), parent),
  ];
};

/** Where each record starts: none may cross from one sector into the next (6.8.1.1). */
export const placeRecords = (
  records: readonly Buffer[],
): { readonly starts: readonly number[]; readonly size: number } => {
  let used = 0;
  const starts = records.map((record) => {
    if ((used % sectorSize) + record.length > sectorSize) used = sectorsFor(used) * sectorSize;
    used += record.length;
    return used - record.length;
  });
  return { starts, size: sectorsFor(used) * sectorSize };
};
