import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { extract } from "tar-stream";
import { describe, expect, it } from "vitest";
import { type Scratch, withScratch } from "../../tests/support/scratch.ts";
import { parsePackagesIndex, parseReleaseDigests } from "./apt-index.ts";
import { writeAptRepository } from "./apt-repository.ts";
import { buildDeb, type DebianPackageContent } from "./deb.ts";
import type { TarEntry } from "./tar.ts";

const file = (text: string, mode = 0o644): TarEntry => ({ kind: "file", mode, bytes: Buffer.from(text) });

const content: DebianPackageContent = {
  name: "kubelet",
  version: "1.37.2-0kimg1",
  architecture: "amd64",
  summary: "Node agent",
  homepage: "https://kubernetes.io/",
  depends: ["mount", "kubernetes-cni (>= 1.2.0)"],
  recommends: [],
  configuration: ["/etc/default/kubelet"],
  tree: new Map<string, TarEntry>([
    ["usr/bin/kubelet", file("#!/bin/sh\n", 0o755)],
    ["etc/default/kubelet", file("KUBELET_EXTRA_ARGS=\n")],
    ["var/lib/kubelet", { kind: "folder", mode: 0o755 }],
    ["usr/bin/link", { kind: "link", target: "kubelet" }],
  ]),
};

const build = async ({ io, folder }: Scratch, name: string) => {
  const to = join(folder, name);
  await mkdir(to);
  const built = await buildDeb(io, content, to, 1_700_000_000);
  return { built, bytes: Buffer.from(await io.files.read(join(to, built.fileName))) };
};

/** The members of an ar archive, by https://manpages.debian.org/deb.5. */
const members = (bytes: Buffer): Map<string, Buffer> => {
  expect(bytes.subarray(0, 8).toString()).toBe("!<arch>\n");
  const found = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length;) {
    const header = bytes.subarray(at, at + 60).toString();
    expect(header.slice(58)).toBe("`\n");
    const size = Number(header.slice(48, 58));
    found.set(header.slice(0, 16).trim(), bytes.subarray(at + 60, at + 60 + size));
    at += 60 + size + (size % 2);
  }
  return found;
};

const listTar = async (
  tar: Buffer,
): Promise<Record<string, { mode: number; text: string; uid: number; mtime: number }>> => {
  const entries: Record<string, { mode: number; text: string; uid: number; mtime: number }> = {};
  const reader = Readable.from([tar]).pipe(extract());
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const { name, mode, uid, mtime, linkname } = entry.header;
    const text = linkname ? `-> ${linkname}` : Buffer.concat(chunks).toString();
    entries[name] = { mode, text, uid, mtime: (mtime?.getTime() ?? 0) / 1000 };
  }
  return entries;
};

describe("buildDeb", () => {
  it("writes a package that says what it is and holds its files", () =>
    withScratch(async (scratch) => {
      const { built, bytes } = await build(scratch, "a");
      expect(built.fileName).toBe("kubelet_1.37.2-0kimg1_amd64.deb");
      const parts = members(bytes);
      expect([...parts.keys()]).toEqual(["debian-binary", "control.tar", "data.tar"]);
      expect(parts.get("debian-binary")?.toString()).toBe("2.0\n");
      const control = await listTar(parts.get("control.tar") ?? Buffer.alloc(0));
      expect(control["./control"]?.text).toContain("Depends: mount, kubernetes-cni (>= 1.2.0)\n");
      expect(control["./conffiles"]?.text).toBe("/etc/default/kubelet\n");
      const md5 = createHash("md5").update("#!/bin/sh\n").digest("hex");
      expect(control["./md5sums"]?.text).toContain(`${md5}  usr/bin/kubelet\n`);
      const data = await listTar(parts.get("data.tar") ?? Buffer.alloc(0));
      expect(data["./usr/bin/kubelet"]).toMatchObject({
        mode: 0o755,
        text: "#!/bin/sh\n",
        uid: 0,
        mtime: 1_700_000_000,
      });
      expect(data["./usr/bin/link"]?.text).toBe("-> kubelet");
      expect(Object.keys(data)).toEqual(
        expect.arrayContaining(["./usr/", "./usr/bin/", "./var/lib/kubelet/", "./etc/default/"]),
      );
    }));

  it("writes the same bytes each time", () =>
    withScratch(async (scratch) => {
      const [first, second] = [await build(scratch, "a"), await build(scratch, "b")];
      expect(first.bytes.equals(second.bytes)).toBe(true);
      expect(first.built.sha256).toBe(createHash("sha256").update(first.bytes).digest("hex"));
    }));
});

describe("writeAptRepository", () => {
  it("writes an index that reads back, under a Release that vouches for it", () =>
    withScratch(async (scratch) => {
      const { built } = await build(scratch, "a");
      const folder = join(scratch.folder, "a");
      await writeAptRepository(scratch.io, folder, [built], 1_700_000_000);
      const index = await scratch.io.files.readText(join(folder, "Packages"));
      expect(parsePackagesIndex(index)).toEqual([
        {
          name: "kubelet",
          version: "1.37.2-0kimg1",
          architecture: "amd64",
          fileName: built.fileName,
          size: built.size,
          sha256: built.sha256,
          control: built.control,
        },
      ]);
      const release = await scratch.io.files.readText(join(folder, "Release"));
      const digest = createHash("sha256").update(index).digest("hex");
      expect(parseReleaseDigests(release)).toEqual(new Map([["Packages", digest]]));
    }));
});
