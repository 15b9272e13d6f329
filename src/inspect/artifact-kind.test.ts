import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { withScratch } from "../../tests/support/scratch.ts";
import { iso9660 } from "../render/iso9660.ts";
import { recognise } from "./artifact-kind.ts";

const withText = (size: number, at: number, text: string): Buffer => {
  const bytes = Buffer.alloc(size);
  bytes.write(text, at, "latin1");
  return bytes;
};

it.each([
  ["qcow2", withText(1024, 0, "QFI\xfb")],
  ["tar", withText(1024, 257, "ustar")],
  ["iso", Buffer.from(iso9660("CIDATA", []))],
  ["raw", withText(1024, 512, "EFI PART")],
  ["raw", withText(1024, 510, "\x55\xaa")],
  ["vfat", withText(1024, 82, "FAT32   ")],
  ["vfat", withText(1024, 54, "FAT12   ")],
  ["text", Buffer.from("version: 1\n")],
] as const)("%s is known by its bytes", (kind, bytes) =>
  withScratch(async ({ io, folder }) => {
    await writeFile(join(folder, "thing"), bytes);
    await symlink("thing", join(folder, "link"));
    const found = await recognise(io, join(folder, "link"));
    expect(found.kind).toBe(kind);
    expect(found.path.endsWith("/thing")).toBe(true);
  }),
);

it.each([
  ["image-folder", "artifacts.json"],
  ["image-folder", "kimg.lock"],
  ["rendered", "cluster.resolved.yaml"],
  ["seed-folder", "user-data"],
] as const)("a folder is %s by its %s", (kind, name) =>
  withScratch(async ({ io, folder }) => {
    await mkdir(join(folder, "a"));
    await writeFile(join(folder, "a", name), "");
    expect((await recognise(io, join(folder, "a"))).kind).toBe(kind);
  }),
);

it("says what it takes when it knows nothing of the kind", () =>
  withScratch(async ({ io, folder }) => {
    await writeFile(join(folder, "zeros"), Buffer.alloc(100));
    await writeFile(join(folder, "empty"), "");
    const codes = ["zeros", "empty", "nothing", "."].map((name) =>
      recognise(io, join(folder, name)).catch(
        (error: { diagnostics: { code: string }[] }) => error.diagnostics[0]?.code,
      ),
    );
    expect(await Promise.all(codes)).toEqual([
      "artifact/unknown",
      "artifact/unknown",
      "artifact/missing",
      "artifact/unknown",
    ]);
  }));
