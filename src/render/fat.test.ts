import { describe, expect, it } from "vitest";
import { fatImage, type FatFile } from "./fat.ts";

const file = (name: string, size: number): FatFile => ({
  name,
  bytes: Buffer.alloc(size, `${name} `),
});

interface Volume {
  readonly label: string;
  readonly bits: 12 | 16;
  readonly files: ReadonlyMap<string, Buffer>;
}

/** An independent reader, by Microsoft's specification: the type from the number of clusters, files by their chains. */
const read = (image: Buffer): Volume => {
  const [sector, cluster] = [image.readUInt16LE(11), image[13] ?? 0];
  const [fatSectors, entries] = [image.readUInt16LE(22), image.readUInt16LE(17)];
  const total = image.readUInt16LE(19) || image.readUInt32LE(32);
  expect(total * sector).toBe(image.length);
  const rootAt = (image.readUInt16LE(14) + (image[16] ?? 0) * fatSectors) * sector;
  const dataAt = rootAt + entries * 32;
  const clusters = Math.floor((image.length - dataAt) / (cluster * sector));
  const bits = clusters < 4085 ? 12 : 16;
  const fat = image.subarray(image.readUInt16LE(14) * sector);
  const next = (at: number): number => {
    if (bits === 16) return fat.readUInt16LE(at * 2);
    const pair = fat.readUInt16LE(at + (at >> 1));
    return at % 2 === 0 ? pair & 0xfff : pair >> 4;
  };
  const end = bits === 12 ? 0xff8 : 0xfff8;
  const content = (first: number, size: number): Buffer => {
    const parts: Buffer[] = [];
    for (let at = first; at >= 2 && at < end; at = next(at)) {
      const start = dataAt + (at - 2) * cluster * sector;
      parts.push(image.subarray(start, start + cluster * sector));
    }
    expect(parts.length).toBe(Math.ceil(size / (cluster * sector)));
    return Buffer.concat(parts).subarray(0, size);
  };
  const files = new Map<string, Buffer>();
  let [label, long] = ["", ""];
  for (let at = rootAt; image[at] !== 0; at += 32) {
    const entry = image.subarray(at, at + 32);
    const units = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30].map((place) => entry.readUInt16LE(place));
    if (entry[11] === 0x0f) {
      const text = units.filter((unit) => unit !== 0 && unit !== 0xffff).map((unit) => String.fromCharCode(unit));
      long = text.join("") + long;
    } else if (entry[11] === 0x08) label = entry.toString("latin1", 0, 11).trim();
    else {
      files.set(long, content(entry.readUInt16LE(26), entry.readUInt32LE(28)));
      long = "";
    }
  }
  return { label, bits, files };
};

const image = (files: readonly FatFile[]): Buffer => Buffer.from(fatImage("CIDATA", 7, files));

describe("a FAT volume", () => {
  it.each([
    ["small ones", [file("meta-data", 300), file("network-config", 0), file("user-data", 30_000)], 12],
    ["one that needs more clusters than 12 bits tell", [file("user-data", 9_000_000), file("meta-data", 10)], 16],
    ["one that needs larger clusters", [file("user-data", 140_000_000)], 16],
  ] as const)("holds its files under their own names: %s", (_, files, bits) => {
    const found = read(image(files));
    expect(found.label).toBe("CIDATA");
    expect(found.bits).toBe(bits);
    expect([...found.files.keys()]).toEqual(files.map(({ name }) => name));
    for (const { name, bytes } of files) expect(found.files.get(name)?.equals(bytes)).toBe(true);
  });

  it("is the same bytes again, and its number tells it from others", () => {
    const files = [file("meta-data", 300)];
    expect(image(files).equals(image(files))).toBe(true);
    expect(image(files).readUInt32LE(39)).toBe(7);
  });

  it.each(["cidata", "", "A".repeat(12)])("takes no label %j", (label) => {
    expect(() => fatImage(label, 0, [])).toThrow(RangeError);
  });

  it("takes no name that other readers would not", () => {
    expect(() => image([file("a/b", 1)])).toThrow(RangeError);
  });
});
