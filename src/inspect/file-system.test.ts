import { expect, it } from "vitest";
import { parseFileSystem, superblockEnd } from "./file-system.ts";

const blank = (): Buffer => Buffer.alloc(superblockEnd);

it("knows an ext4 by its superblock", () => {
  const bytes = blank();
  bytes.writeUInt16LE(0xef53, 1024 + 56);
  Buffer.from("0123456789abcdef0123456789abcdef", "hex").copy(bytes, 1024 + 104);
  bytes.write("kimg-root", 1024 + 120);
  const uuid = "01234567-89ab-cdef-0123-456789abcdef";
  expect(parseFileSystem(bytes)).toEqual({ type: "ext4", label: "kimg-root", uuid });
});

it.each([
  ["FAT32   ", 82, 67],
  ["FAT16   ", 54, 39],
])("knows a %s by its boot sector", (name, place, serial) => {
  const bytes = blank();
  bytes.write(name, place);
  bytes.writeUInt32LE(0x12ab34cd, serial);
  bytes.write("CIDATA     ", serial + 4);
  expect(parseFileSystem(bytes)).toEqual({ type: "vfat", label: "CIDATA", uuid: "12AB-34CD" });
  bytes.write("NO NAME    ", serial + 4);
  expect(parseFileSystem(bytes)?.label).toBe("");
});

it("knows nothing of what is empty, or cut short", () => {
  expect(parseFileSystem(blank())).toBeUndefined();
  expect(parseFileSystem(Buffer.alloc(100))).toBeUndefined();
});
