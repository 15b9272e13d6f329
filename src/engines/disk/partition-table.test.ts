import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { diskLayout, sectorSize } from "./layout.ts";
import { parsePartitionTable, partitionTable } from "./partition-table.ts";

const layout = diskLayout();
const uuid = "01234567-89ab-8def-8123-456789abcdef";
const { head, tail } = partitionTable(
  layout.size,
  uuid,
  [layout.bios, layout.esp, layout.root].map((partition) => ({ ...partition, uuid })),
);

test("the first sector keeps tools that know no GPT away", () => {
  expect(head.subarray(510, 512)).toEqual(Buffer.from([0x55, 0xaa]));
  expect(head.readUInt8(446 + 4)).toBe(0xee);
  expect(head.readUInt32LE(446 + 12)).toBe(layout.size / sectorSize - 1);
});

test("both headers name their own place, each other and the same entries", () => {
  const first = head.subarray(sectorSize, sectorSize * 2);
  const second = tail.subarray(tail.length - sectorSize);
  const last = BigInt(layout.size / sectorSize - 1);
  expect([first.readBigUInt64LE(24), first.readBigUInt64LE(32)]).toEqual([1n, last]);
  expect([second.readBigUInt64LE(24), second.readBigUInt64LE(32)]).toEqual([last, 1n]);
  expect(tail.subarray(0, -sectorSize)).toEqual(head.subarray(sectorSize * 2));
  expect(second.readBigUInt64LE(72)).toBe(last - 32n);
});

test("checksums are those of the bytes they are for", () => {
  for (const header of [head.subarray(sectorSize, sectorSize * 2), tail.subarray(tail.length - sectorSize)]) {
    const without = Buffer.from(header.subarray(0, 92));
    without.writeUInt32LE(0, 16);
    expect(header.readUInt32LE(16)).toBe(crc32(without));
    expect(header.readUInt32LE(88)).toBe(crc32(head.subarray(sectorSize * 2)));
  }
});

test("an entry holds type, identity, place and name as the specification lays them out", () => {
  const entry = head.subarray(sectorSize * 2 + 128, sectorSize * 2 + 256);
  // The UEFI specification's EFI system partition, first three groups little-endian.
  expect(entry.subarray(0, 16).toString("hex")).toBe("28732ac11ff8d211ba4b00a0c93ec93b");
  expect(entry.subarray(16, 32).toString("hex")).toBe("67452301ab89ef8d8123456789abcdef");
  expect(entry.readBigUInt64LE(32)).toBe(BigInt(layout.esp.start));
  expect(entry.readBigUInt64LE(40)).toBe(BigInt(layout.esp.start + layout.esp.size - 1));
  expect(entry.subarray(56, 62).toString("utf16le")).toBe("esp");
});

test("partitions are even, do not overlap and leave room for both tables", () => {
  const partitions = [layout.bios, layout.esp, layout.root];
  for (const { start, size } of partitions) expect([start % 2048, size % 2048]).toEqual([0, 0]);
  expect(layout.esp.start).toBeGreaterThanOrEqual(layout.bios.start + layout.bios.size);
  expect(layout.root.start).toBeGreaterThanOrEqual(layout.esp.start + layout.esp.size);
  expect((layout.root.start + layout.root.size) * sectorSize).toBeLessThanOrEqual(layout.size - tail.length);
});

test("reads back what it wrote, and no damaged table", () => {
  const named = [layout.bios, layout.esp, layout.root].map((partition) => ({ ...partition, uuid }));
  expect(parsePartitionTable(head)).toEqual(named);
  const damaged = Buffer.from(head);
  damaged.writeUInt8(damaged.readUInt8(sectorSize * 2 + 56) ^ 1, sectorSize * 2 + 56);
  expect(parsePartitionTable(damaged)).toBeUndefined();
  expect(parsePartitionTable(Buffer.alloc(head.length))).toBeUndefined();
  expect(parsePartitionTable(head.subarray(0, 600))).toBeUndefined();
});
