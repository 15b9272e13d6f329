import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, expect, test } from "vitest";
import { startProgress } from "../edge/progress.ts";
import { systemIo } from "../edge/system-io.ts";
import { joinArchives } from "./joined-archives.ts";

const folder = mkdtempSync(join(tmpdir(), "kimg-join-"));
afterAll(() => rmSync(folder, { recursive: true }));
const io = systemIo(startProgress("quiet"), new AbortController().signal);

const archive = (name: string, files: Readonly<Record<string, Buffer>>): string => {
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  const path = join(folder, name);
  execFileSync("tar", ["-C", folder, "--format=pax", "-cf", path, ...Object.keys(files)]);
  return path;
};

const list = (bytes: Buffer): string[] =>
  execFileSync("tar", ["-tf", "-"], { input: bytes, encoding: "utf8" }).trim().split("\n");

test("members follow each other, and the archive ends once", async () => {
  // A file of zeros looks like the end of an archive, but for its header.
  const first = archive("first.tar", { zeros: Buffer.alloc(3_000_000), ["ä".repeat(90)]: Buffer.from("long") });
  const second = archive("second.tar", { empty: Buffer.alloc(0), odd: Buffer.alloc(1025, 1) });
  const joined = await buffer(joinArchives(io, [first, second]));
  expect(list(joined)).toHaveLength(4);
  expect(joined.length % 512).toBe(0);
  expect(joined.subarray(-1024).every((byte) => byte === 0)).toBe(true);
  writeFileSync(join(folder, "joined.tar"), joined);
  execFileSync("tar", ["-C", folder, "--compare", "-f", join(folder, "joined.tar")]);
});
