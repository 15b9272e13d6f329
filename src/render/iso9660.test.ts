import { describe, expect, it } from "vitest";
import { iso9660, iso9660Around } from "./iso9660.ts";

const file = (name: string, text: string) => ({ name, bytes: Buffer.from(text), mode: 0o400 });

interface Found {
  readonly plain: string;
  readonly name: string | undefined;
  readonly mode: number | undefined;
  readonly text: string;
}

/** Walks the system use fields of a directory record. */
const fields = (use: Buffer): ReadonlyMap<string, Buffer> => {
  const found = new Map<string, Buffer>();
  for (let at = 0; at + 4 <= use.length;) {
    const length = use[at + 2] ?? 0;
    if (length < 4) break;
    found.set(use.toString("latin1", at, at + 2), use.subarray(at + 4, at + length));
    at += length;
  }
  return found;
};

/** An independent reader: what the root of the image holds, by ECMA-119 section 9.1. */
const read = (image: Buffer): readonly Found[] => {
  const root = image.subarray(16 * 2048 + 156);
  const folder = image.subarray(root.readUInt32LE(2) * 2048, root.readUInt32LE(2) * 2048 + root.readUInt32BE(14));
  const found: Found[] = [];
  for (let at = 0; at < folder.length;) {
    const length = folder[at] ?? 0;
    if (length === 0) {
      at = (Math.floor(at / 2048) + 1) * 2048;
      continue;
    }
    const record = folder.subarray(at, at + length);
    const [sector, size, nameLength] = [record.readUInt32BE(6), record.readUInt32LE(10), record[32] ?? 0];
    const use = fields(record.subarray(33 + nameLength + (nameLength % 2 === 0 ? 1 : 0)));
    found.push({
      plain: record.toString("latin1", 33, 33 + nameLength),
      name: use.get("NM")?.toString("utf8", 1),
      mode: use.get("PX")?.readUInt32LE(0),
      text: record[25] === 2 ? "" : image.toString("utf8", sector * 2048, sector * 2048 + size),
    });
    at += length;
  }
  return found;
};

const image = (files: Parameters<typeof iso9660>[1]): Buffer => Buffer.from(iso9660("CIDATA", files));

describe("an image", () => {
  it("holds the files under their own names", () => {
    const found = read(
      image([file("user-data", "#cloud-config\n"), file("meta-data", "x".repeat(5000)), file("empty", "")]),
    );
    expect(found.slice(0, 2).map(({ plain }) => plain)).toEqual(["\0", "\x01"]);
    expect(found.slice(2).map(({ name, text }) => [name, text])).toEqual([
      ["empty", ""],
      ["meta-data", "x".repeat(5000)],
      ["user-data", "#cloud-config\n"],
    ]);
    expect(found.slice(2).map(({ mode }) => mode)).toEqual([0o100400, 0o100400, 0o100400]);
  });

  it("shows plain names of eight and three to readers without Rock Ridge, in order", () => {
    const plain = read(image([file("user-data", ""), file("meta-data", ""), file("network-config", "")]))
      .slice(2)
      .map((each) => each.plain);
    expect(plain).toEqual(["META_D01.;1", "NETWOR02.;1", "USER_D00.;1"]);
  });

  it("holds folders, which the path table names level by level", () => {
    const found = image([
      file("openstack/latest/user_data", "x"),
      file("top", "y"),
      file("openstack/content/0000", "z"),
      file("ec2/latest/meta-data.json", "w"),
    ]);
    const table: { name: string; parent: number; children: readonly (string | undefined)[] }[] = [];
    const [start, size] = [found.readUInt32LE(16 * 2048 + 140) * 2048, found.readUInt32LE(16 * 2048 + 132)];
    const big = found.readUInt32BE(16 * 2048 + 148) * 2048;
    for (let at = 0; at < size;) {
      const length = found[start + at] ?? 0;
      const sector = found.readUInt32LE(start + at + 2);
      expect(found.readUInt32BE(big + at + 2)).toBe(sector);
      const parent = found.readUInt16LE(start + at + 6);
      expect(found.readUInt16BE(big + at + 6)).toBe(parent);
      table.push({ name: found.toString("latin1", start + at + 8, start + at + 8 + length), parent, children: [] });
      const root = Buffer.from(found);
      root.writeUInt32LE(sector, 16 * 2048 + 156 + 2);
      root.writeUInt32BE(2048, 16 * 2048 + 156 + 14);
      table[table.length - 1] = {
        ...(table.at(-1) ?? { name: "", parent: 0 }),
        children: read(root)
          .slice(2)
          .map(({ name }) => name),
      };
      at += 8 + length + (length % 2);
    }
    expect(table.map(({ parent }) => parent)).toEqual([1, 1, 1, 2, 3, 3]);
    expect(table.map(({ children }) => children)).toEqual([
      ["ec2", "openstack", "top"],
      ["latest"],
      ["content", "latest"],
      ["meta-data.json"],
      ["0000"],
      ["user_data"],
    ]);
  });

  it("has its identifier, its size and whole sectors", () => {
    const bytes = image([file("a", "b")]);
    expect(bytes.toString("latin1", 16 * 2048 + 1, 16 * 2048 + 6)).toBe("CD001");
    expect(bytes.toString("latin1", 16 * 2048 + 40, 16 * 2048 + 72).trim()).toBe("CIDATA");
    expect(bytes.readUInt32LE(16 * 2048 + 80) * 2048).toBe(bytes.length);
    expect(bytes.readUInt32BE(16 * 2048 + 84) * 2048).toBe(bytes.length);
    expect(bytes.toString("latin1", 17 * 2048, 17 * 2048 + 6)).toBe("\xffCD001");
  });

  it("lets no record cross a sector's end", () => {
    const many = Array.from({ length: 60 }, (_, index) =>
      file(`a rather long name of a file, number ${index}`, String(index)),
    );
    const found = read(image(many)).slice(2);
    expect(new Set(found.map(({ name }) => name))).toEqual(new Set(many.map(({ name }) => name)));
    for (const { name, text } of found) expect(name?.endsWith(` ${text}`)).toBe(true);
  });

  it("is the same bytes again", () => {
    const [first, second] = [1, 2].map(() => image([file("a", "1"), file("b", "2")]).toString("base64"));
    expect(first).toBe(second);
  });

  it.each(["cidata", "", "A".repeat(33), "A B"])("takes no identifier %j", (volume) => {
    expect(() => iso9660(volume, [])).toThrow(RangeError);
  });

  it("takes no name that does not fit", () => {
    expect(() => image([file("x".repeat(230), "")])).toThrow("too long");
  });

  it("of one file is the same when the file's bytes come from elsewhere", () => {
    for (const text of ["", "x", "x".repeat(2048), "x".repeat(5000)]) {
      const one = file("snapshot.db", text);
      const { before, after } = iso9660Around("CIDATA", { name: one.name, size: text.length, mode: one.mode });
      expect(Buffer.concat([before, one.bytes, after]).equals(image([one]))).toBe(true);
    }
    expect(() => iso9660Around("CIDATA", { name: "a", size: 2 ** 32, mode: 0o400 })).toThrow(RangeError);
  });
});
