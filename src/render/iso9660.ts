// A small ISO 9660 writer: files and folders, with Rock Ridge names and permissions. Pure, and the same bytes for the same input.
// Section numbers are those of ECMA-119 (the same text as ISO 9660).
import {
  type Described,
  type Extent,
  directoryRecord,
  fileRecord,
  folderRecord,
  ownRecords,
  placeRecords,
  putBoth16,
  putBoth32,
  putExtent,
  sectorSize,
  sectorsFor,
} from "./iso9660-records.ts";

export interface IsoEntry {
  /** Any path without a slash in front; each part at most 200 bytes: Rock Ridge keeps it as it is. */
  readonly name: string;
  /** Bytes; below 4 GiB, which is what an extent's 32 bits can say. */
  readonly size: number;
  /** Permission bits; the owner is always root. */
  readonly mode: number;
}

export interface IsoFile extends Omit<IsoEntry, "size"> {
  readonly bytes: Uint8Array;
}

/** The system area, sectors 0 to 15, is left empty (6.2.1). */
const descriptorSector = 16;
const pathTableLittleSector = 18;
const pathTableBigSector = 19;
const rootSector = 20;

/** 1980-01-01 00:00:00 UTC, so that no clock is read, as digits and a zone (8.4.26.1). */
const volumeTime = Buffer.from("1980010100000000\0", "latin1");
/** "Not specified" (8.4.26.1). */
const noTime = Buffer.from("0000000000000000\0", "latin1");

/** Text padded with spaces to its field's length. */
const padded = (text: string, length: number): Buffer => Buffer.from(text.padEnd(length), "latin1");

const putPrimaryDescriptor = (
  sector: Buffer,
  volume: string,
  sectors: number,
  tableSize: number,
  root: Extent,
): void => {
  const put = (position: number, part: Uint8Array): void => sector.set(part, position);
  put(0, Buffer.from("\x01CD001\x01", "latin1"));
  put(8, padded("", 32));
  put(40, padded(volume, 32));
  putBoth32(sector, 80, sectors);
  putBoth16(sector, 120, 1);
  putBoth16(sector, 124, 1);
  putBoth16(sector, 128, sectorSize);
  putBoth32(sector, 132, tableSize);
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

// ---------------------------------------------------------------- folders

interface Folder {
  readonly path: string;
  /** Place of the folder that holds it; the root's own for itself. */
  readonly parent: number;
  readonly described: Described;
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const lastPart = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

const withParents = (path: string): readonly string[] => (path === "" ? [""] : [...withParents(parentOf(path)), path]);

const depthOf = (path: string): number => (path === "" ? 0 : path.split("/").length);

const rootIdentifier = Buffer.from([0]);

/** The root first, then level by level: the order of the path table (6.9.1). */
const foldersOf = (names: readonly string[]): readonly Folder[] => {
  const paths = [...new Set(names.flatMap((name) => withParents(parentOf(name))))].toSorted(
    (left, right) => depthOf(left) - depthOf(right) || (left < right ? -1 : 1),
  );
  return paths.map((path, index) => ({
    path,
    parent: paths.indexOf(parentOf(path)),
    described:
      path === "" ? { identifier: rootIdentifier, record: Buffer.alloc(0) } : folderRecord(lastPart(path), index),
  }));
};

/** One record a folder (9.4), numbers in either order of bytes. */
const pathTable = (folders: readonly Folder[], extents: readonly Extent[], big: boolean): Buffer =>
  Buffer.concat(
    folders.map(({ parent, described: { identifier } }, index) => {
      const record = Buffer.alloc(8 + identifier.length + (identifier.length % 2));
      record[0] = identifier.length;
      const sector = extents[index]?.sector ?? 0;
      if (big) {
        record.writeUInt32BE(sector, 2);
        record.writeUInt16BE(parent + 1, 6);
      } else {
        record.writeUInt32LE(sector, 2);
        record.writeUInt16LE(parent + 1, 6);
      }
      record.set(identifier, 8);
      return record;
    }),
  );

/** In the order of the plain identifiers, which readers expect (9.3). */
const inOrder = <Each extends Described>(all: readonly Each[]): readonly Each[] =>
  all.toSorted((first, second) => Buffer.compare(first.identifier, second.identifier));

// ---------------------------------------------------------------- volume

const checkVolume = (volume: string, files: readonly IsoEntry[]): void => {
  if (!/^[A-Z0-9_-]{1,32}$/.test(volume)) throw new RangeError(`"${volume}" is no ISO 9660 volume identifier`);
  if (files.length > 100) throw new RangeError("more files than this writer tells apart");
  if (files.some(({ size }) => size > 0xffff_ffff)) throw new RangeError("a file of 4 GiB or more");
};

/** Each folder's extent, one behind the other. */
const placeFolders = (sizes: readonly number[]): readonly Extent[] => {
  let sector = rootSector;
  return sizes.map((size) => {
    const extent = { sector, size };
    sector += sectorsFor(size);
    return extent;
  });
};

/** Everything that comes before the files' bytes, and the order that those come in, each filled up to a whole sector. */
const layOut = <Entry extends IsoEntry>(volume: string, files: readonly Entry[]) => {
  checkVolume(volume, files);
  const folders = foldersOf(files.map(({ name }) => name));
  const described = inOrder(
    files.map((file, index) => ({ ...file, ...fileRecord(lastPart(file.name), file.mode, index) })),
  );
  const none = { sector: 0, size: 0 };
  const held = folders.map(({ path }, index) =>
    inOrder([
      ...described.filter(({ name }) => parentOf(name) === path),
      ...folders.filter(({ parent }, at) => at !== 0 && parent === index).map((folder) => folder.described),
    ]),
  );
  const recordsOf = (index: number, self: Extent, parent: Extent): readonly Buffer[] => [
    ...ownRecords(self, parent, index === 0),
    ...(held[index] ?? []).map(({ record }) => record),
  ];
  const placed = folders.map((_, index) => placeRecords(recordsOf(index, none, none)));
  const extents = placeFolders(placed.map(({ size }) => size));
  const firstFile = extents.reduce((sector, { size }) => sector + sectorsFor(size), rootSector);
  const sectors = described.reduce((sum, file) => sum + sectorsFor(file.size), firstFile);
  const head = Buffer.alloc(firstFile * sectorSize);
  const at = (sector: number): Buffer => head.subarray(sector * sectorSize);
  const table = pathTable(folders, extents, false);
  putPrimaryDescriptor(at(descriptorSector), volume, sectors, table.length, extents[0] ?? none);
  at(descriptorSector + 1).set(setTerminator);
  at(pathTableLittleSector).set(table);
  at(pathTableBigSector).set(pathTable(folders, extents, true));
  folders.forEach(({ described: { record } }, index) => {
    if (index > 0) putExtent(record, extents[index] ?? none);
  });
  let sector = firstFile;
  for (const file of described) {
    putExtent(file.record, { sector, size: file.size });
    sector += sectorsFor(file.size);
  }
  folders.forEach(({ parent }, index) => {
    const folder = at(extents[index]?.sector ?? 0);
    recordsOf(index, extents[index] ?? none, extents[parent] ?? none).forEach((record, place) => {
      folder.set(record, placed[index]?.starts[place] ?? 0);
    });
  });
  return { head, files: described };
};

const padding = (size: number): Uint8Array => Buffer.alloc(sectorsFor(size) * sectorSize - size);

/**
 * The image of a volume that holds `files`.
 * @param volume at most 32 of `A-Z0-9_`, and `-`, which the standard does not have; readers find the volume by it.
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
