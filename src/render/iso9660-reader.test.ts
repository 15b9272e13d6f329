import { describe, expect, it } from "vitest";
import { readIso9660 } from "./iso9660-reader.ts";
import { iso9660 } from "./iso9660.ts";

const file = (name: string, text: string) => ({ name, bytes: Buffer.from(text), mode: 0o400 });

describe("a volume", () => {
  it("is read back as it was written", () => {
    const files = [file("user-data", "#cloud-config\n"), file("meta-data", "x".repeat(5000)), file("empty", "")];
    const read = readIso9660(iso9660("CIDATA", files));
    expect(read?.volume).toBe("CIDATA");
    expect(read?.files.map(({ path, mode, size, bytes }) => [path, mode, size, bytes.toString()])).toEqual([
      ["empty", 0o400, 0, ""],
      ["meta-data", 0o400, 5000, "x".repeat(5000)],
      ["user-data", 0o400, 14, "#cloud-config\n"],
    ]);
  });

  it("may have more files than fit into one sector of its folder", () => {
    const files = Array.from({ length: 60 }, (_, index) => file(`a rather long name of a file, number ${index}`, ""));
    expect(readIso9660(iso9660("CIDATA", files))?.files).toHaveLength(60);
  });

  it("shows plain names where nothing else is said, and folders in folders", () => {
    const image = Buffer.from(iso9660("CIDATA", [file("meta-data", "x")]));
    // Without Rock Ridge: its signatures are made those of a field that nobody knows.
    for (const signature of ["NM", "PX"]) {
      for (let at = image.indexOf(signature); at !== -1; at = image.indexOf(signature, at)) image.write("ZZ", at);
    }
    expect(readIso9660(image)?.files).toMatchObject([{ path: "META_D00", mode: undefined }]);
    // The file's record now says that it is a folder, and its bytes are no record of anything.
    const record = image.indexOf("META_D00");
    image.writeUInt8(2, record - 33 + 25);
    expect(readIso9660(image)?.files).toEqual([]);
  });

  it("may be damaged anywhere: what can be read of it is, and nothing breaks", () => {
    const image = iso9660("CIDATA", [file("meta-data", "x"), file("user-data", "y")]);
    for (let at = 16 * 2048; at < 21 * 2048; at += 1) {
      for (const value of [0, 1, 2, 34, 255]) {
        const damaged = Buffer.from(image);
        damaged[at] = value;
        expect(() => readIso9660(damaged)).not.toThrow();
        if (at % 2048 > 400) break;
      }
    }
  });

  it("that was cut short has less of its files, and what is none is none", () => {
    const image = iso9660("CIDATA", [file("meta-data", "x".repeat(5000))]);
    const [found] = readIso9660(image.subarray(0, image.length - 4096))?.files ?? [];
    expect([found?.size, found?.bytes.length]).toEqual([5000, 2048]);
    expect(readIso9660(Buffer.alloc(100))).toBeUndefined();
    expect(readIso9660(Buffer.alloc(2048 * 20))).toBeUndefined();
  });
});
