// Reads small ISO 9660 volumes, such as iso9660.ts and others make for seeds: folders, and names and permissions of Rock Ridge. Pure.
// Sections are those of ECMA-119; SUSP and RRIP are IEEE P1281 and P1282. Continuation areas, multi-extent files and Joliet are not read.

export interface ReadFile {
  /** Below the root, with slashes between. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Permission bits; undefined without Rock Ridge. */
  readonly mode: number | undefined;
  readonly bytes: Buffer;
}

export interface ReadVolume {
  readonly volume: string;
  /** Sorted by path. */
  readonly files: readonly ReadFile[];
}

const sectorSize = 2048;
/** Folders within folders: 6.8.2.1 allows eight levels. A damaged volume may have a circle. */
const deepest = 8;

/** System use fields by their signatures. */
const fieldsOf = (use: Buffer): ReadonlyMap<string, Buffer> => {
  const fields = new Map<string, Buffer>();
  for (let at = 0; at + 4 <= use.length;) {
    const length = use[at + 2] ?? 0;
    if (length < 4) break;
    fields.set(use.toString("latin1", at, at + 2), use.subarray(at + 4, at + length));
    at += length;
  }
  return fields;
};

interface DirectoryRecord {
  readonly name: string;
  readonly isFolder: boolean;
  readonly mode: number | undefined;
  readonly content: Buffer;
  readonly size: number;
}

/** Without the version that plain ISO 9660 puts behind a name (7.5.1). */
const plainName = (identifier: Buffer): string => identifier.toString("latin1").replace(/\.?;\d+$/, "");

const extentOf = (image: Buffer, record: Buffer): { readonly content: Buffer; readonly size: number } => {
  const start = record.readUInt32LE(2) * sectorSize;
  const size = record.readUInt32LE(10);
  return { content: image.subarray(start, start + size), size };
};

/** A directory record: 9.1. */
const parseRecord = (image: Buffer, record: Buffer): DirectoryRecord => {
  const length = record[32] ?? 0;
  const identifier = record.subarray(33, 33 + length);
  const fields = fieldsOf(record.subarray(33 + length + ((length + 1) % 2)));
  const attributes = fields.get("PX");
  return {
    ...extentOf(image, record),
    name: fields.get("NM")?.toString("utf8", 1) ?? plainName(identifier),
    isFolder: ((record[25] ?? 0) & 2) !== 0,
    mode: attributes === undefined || attributes.length < 4 ? undefined : attributes.readUInt32LE(0),
  };
};

/** 33 bytes and an identifier of one. */
const shortestRecord = 34;

/** The first two are the folder itself and its parent. */
const recordsOf = (image: Buffer, folder: Buffer): readonly DirectoryRecord[] => {
  const records: DirectoryRecord[] = [];
  for (let at = 0; at < folder.length;) {
    const length = folder[at] ?? 0;
    // Shorter than any, or longer than what there is: damaged.
    if (length >= shortestRecord && at + length <= folder.length)
      records.push(parseRecord(image, folder.subarray(at, at + length)));
    // No record crosses a sector's end: what is left of it is empty (6.8.1.1).
    at = length === 0 ? (Math.floor(at / sectorSize) + 1) * sectorSize : at + length;
  }
  return records.slice(2);
};

const filesBelow = (image: Buffer, folder: Buffer, above: string, depth: number): readonly ReadFile[] =>
  recordsOf(image, folder).flatMap(({ name, isFolder, mode, content, size }): readonly ReadFile[] => {
    const path = `${above}${name}`;
    if (isFolder) return depth === 0 ? [] : filesBelow(image, content, `${path}/`, depth - 1);
    return [{ path, size, mode: mode === undefined ? undefined : mode & 0o7777, bytes: content }];
  });

/** Undefined when the bytes are no such volume. A file that the image is too short for has fewer bytes than its size. */
export const readIso9660 = (bytes: Uint8Array): ReadVolume | undefined => {
  const image = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const descriptor = image.subarray(16 * sectorSize, 17 * sectorSize);
  if (descriptor.length < sectorSize || descriptor.toString("latin1", 0, 6) !== "\x01CD001") return undefined;
  const root = extentOf(image, descriptor.subarray(156, 190)).content;
  const files = filesBelow(image, root, "", deepest);
  return {
    volume: descriptor.toString("latin1", 40, 72).trim(),
    files: files.toSorted((left, right) => (left.path < right.path ? -1 : 1)),
  };
};
