// A small FAT writer: a volume without partitions, files in its root folder, with long names. Pure, and the same bytes for the same input.
// Section numbers are those of Microsoft's "FAT32 File System Specification" 1.03 (fatgen103), which describes FAT12 and FAT16 too.

export interface FatFile {
  /** Letters, digits, `.`, `_` and `-`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const sectorSize = 512;
const reservedSectors = 1;
const rootEntries = 512;
const entrySize = 32;
const rootSectors = (rootEntries * entrySize) / sectorSize;
/** More clusters than this make a volume FAT32 (section "FAT Type Determination"), which this writer does not know. */
const mostClusters = 65_524;
const fewestOfFat16 = 4085;
/** A removable disk's; any other byte than the first of the FAT would do as well. */
const media = 0xf8;
/** 1980-01-01, the first day that there is: year, month and day in 16 bits. */
const firstDay = (1 << 5) | 1;

interface Layout {
  readonly sectorsPerCluster: number;
  readonly clusters: number;
  readonly fatSectors: number;
  readonly wide: boolean;
}

const clustersFor = (bytes: number, clusterSize: number): number => Math.ceil(bytes / clusterSize);

/** The smallest clusters with which the files have a place; at least 64 of them, so that every reader takes it for a disk. */
const layOut = (files: readonly FatFile[]): Layout => {
  for (let sectorsPerCluster = 4; sectorsPerCluster <= 64; sectorsPerCluster *= 2) {
    const needed = files.reduce((sum, { bytes }) => sum + clustersFor(bytes.length, sectorsPerCluster * sectorSize), 0);
    const clusters = Math.max(needed, 64);
    if (clusters > mostClusters) continue;
    const wide = clusters >= fewestOfFat16;
    const fatBytes = wide ? (clusters + 2) * 2 : Math.ceil(((clusters + 2) * 3) / 2);
    return { sectorsPerCluster, clusters, fatSectors: Math.ceil(fatBytes / sectorSize), wide };
  }
  throw new RangeError("files too large for a FAT16 volume");
};

const totalSectors = ({ sectorsPerCluster, clusters, fatSectors }: Layout): number =>
  reservedSectors + 2 * fatSectors + rootSectors + clusters * sectorsPerCluster;

/** "Boot Sector and BPB Structure". The volume's number tells two volumes apart, and is the same for the same content. */
const putBootSector = (sector: Buffer, label: string, volumeId: number, layout: Layout): void => {
  const total = totalSectors(layout);
  sector.set([0xeb, 0x3c, 0x90]);
  sector.write("KIMG    ", 3, "latin1");
  sector.writeUInt16LE(sectorSize, 11);
  sector[13] = layout.sectorsPerCluster;
  sector.writeUInt16LE(reservedSectors, 14);
  sector[16] = 2;
  sector.writeUInt16LE(rootEntries, 17);
  sector.writeUInt16LE(total < 0x10000 ? total : 0, 19);
  sector[21] = media;
  sector.writeUInt16LE(layout.fatSectors, 22);
  sector.writeUInt16LE(32, 24);
  sector.writeUInt16LE(64, 26);
  sector.writeUInt32LE(total < 0x10000 ? 0 : total, 32);
  sector[36] = 0x80;
  sector[38] = 0x29;
  sector.writeUInt32LE(volumeId, 39);
  sector.write(label.padEnd(11), 43, "latin1");
  sector.write(layout.wide ? "FAT16   " : "FAT12   ", 54, "latin1");
  sector.writeUInt16LE(0xaa55, 510);
};

/** Entry `cluster` of the FAT: 12 or 16 bits ("FAT Data Structure"). */
const putLink = (fat: Buffer, cluster: number, value: number, wide: boolean): void => {
  if (wide) {
    fat.writeUInt16LE(value & 0xffff, cluster * 2);
    return;
  }
  const at = cluster + (cluster >> 1);
  const before = fat.readUInt16LE(at);
  const after = cluster % 2 === 0 ? (before & 0xf000) | (value & 0xfff) : (before & 0xf) | ((value & 0xfff) << 4);
  fat.writeUInt16LE(after, at);
};

const endOfChain = 0xffff;

/** A name of eight and three characters, unlike those of the others: what readers without long names show. */
const shortName = (name: string, index: number): string => {
  const letters = name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "");
  return `${letters.slice(0, 5)}~${index + 1}`.padEnd(11);
};

const checksumOf = (short: string): number =>
  Buffer.from(short, "latin1").reduce((sum, byte) => (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff, 0);

const unitsPerEntry = 13;
/** Where the 13 characters of a long name's entry stand ("FAT Long Directory Entries"). */
const unitPlaces = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];

/** The last part of the name first, marked as such. */
const longEntries = (name: string, short: string): readonly Buffer[] => {
  const count = Math.ceil(name.length / unitsPerEntry);
  return Array.from({ length: count }, (_, index) => {
    const order = count - index;
    const entry = Buffer.alloc(entrySize);
    entry[0] = order | (index === 0 ? 0x40 : 0);
    entry[11] = 0x0f;
    entry[13] = checksumOf(short);
    unitPlaces.forEach((place, unit) => {
      const at = (order - 1) * unitsPerEntry + unit;
      entry.writeUInt16LE(at < name.length ? name.charCodeAt(at) : at === name.length ? 0 : 0xffff, place);
    });
    return entry;
  });
};

const plainEntry = (name: string, attributes: number, cluster: number, size: number): Buffer => {
  const entry = Buffer.alloc(entrySize);
  entry.write(name.padEnd(11), 0, "latin1");
  entry[11] = attributes;
  entry.writeUInt16LE(firstDay, 16);
  entry.writeUInt16LE(firstDay, 18);
  entry.writeUInt16LE(firstDay, 24);
  entry.writeUInt16LE(cluster, 26);
  entry.writeUInt32LE(size, 28);
  return entry;
};

const volumeLabel = 0x08;
const readOnly = 0x01;

const check = (label: string, files: readonly FatFile[]): void => {
  if (!/^[A-Z0-9_-]{1,11}$/.test(label)) throw new RangeError(`"${label}" is no label of a FAT volume`);
  const bad = files.find(({ name }) => !/^[A-Za-z0-9._-]{1,200}$/.test(name));
  if (bad !== undefined) throw new RangeError(`"${bad.name}" is no name for a file of this writer`);
  if (files.length > 9) throw new RangeError("more files than this writer tells apart");
};

/**
 * The image of a volume that holds `files` in its root.
 * @param label at most 11 of `A-Z0-9_-`; readers find the volume by it.
 * @param volumeId 32 bits.
 */
export const fatImage = (label: string, volumeId: number, files: readonly FatFile[]): Uint8Array => {
  check(label, files);
  const layout = layOut(files);
  const image = Buffer.alloc(totalSectors(layout) * sectorSize);
  putBootSector(image.subarray(0, sectorSize), label, volumeId, layout);
  const fat = Buffer.alloc(layout.fatSectors * sectorSize);
  putLink(fat, 0, 0xff00 | media, layout.wide);
  putLink(fat, 1, endOfChain, layout.wide);
  const dataAt = (reservedSectors + 2 * layout.fatSectors + rootSectors) * sectorSize;
  const clusterSize = layout.sectorsPerCluster * sectorSize;
  const entries = [plainEntry(label, volumeLabel, 0, 0)];
  let next = 2;
  files.forEach(({ name, bytes }, index) => {
    const count = clustersFor(bytes.length, clusterSize);
    const short = shortName(name, index);
    entries.push(...longEntries(name, short), plainEntry(short, readOnly, count === 0 ? 0 : next, bytes.length));
    image.set(bytes, dataAt + (next - 2) * clusterSize);
    for (let place = 1; place <= count; place += 1) {
      putLink(fat, next, place === count ? endOfChain : next + 1, layout.wide);
      next += 1;
    }
  });
  image.set(fat, reservedSectors * sectorSize);
  image.set(fat, (reservedSectors + layout.fatSectors) * sectorSize);
  image.set(Buffer.concat(entries), (reservedSectors + 2 * layout.fatSectors) * sectorSize);
  return image;
};
