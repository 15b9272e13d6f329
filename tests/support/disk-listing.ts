// What is on a disk of kimg's layout: every file of its root file system, with what can be told of it from outside. Nothing is mounted.
import { join } from "node:path";
import type { Cache } from "../../src/edge/cache.ts";
import type { Io } from "../../src/edge/io.ts";
import { imageTools } from "../../src/engines/disk/image-tools.ts";
import { checkDisk } from "../../src/engines/disk/checks.ts";
import { diskLayout, sectorSize } from "../../src/engines/disk/layout.ts";
import { asRoot, withWorkFolder } from "../../src/tools/as-root.ts";
import { sandboxed } from "../../src/tools/sandbox.ts";

export interface Listing {
  /** Path → kind, mode, owner, and target or SHA-256. */
  readonly files: ReadonlyMap<string, string>;
  /** Name → version. */
  readonly packages: ReadonlyMap<string, string>;
}

const script = `set -eu
qemu-img convert -O raw /disk /work/disk.raw
mkdir /work/root
debugfs -R 'rdump / /work/root' "/work/disk.raw?offset=$1" > /work/debugfs.log 2>&1
cd /work/root
find . -xdev -type f -print0 | sort -z | xargs -0 sha256sum > /work/sums
find . -xdev -printf '%P\\t%y\\t%m\\t%U:%G\\t%l\\n' > /work/list`;

const parsePackages = (status: string): Map<string, string> =>
  new Map(
    status.split("\n\n").flatMap((paragraph) => {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, "m").exec(paragraph)?.[1] ?? "";
      return field("Status").endsWith(" installed") ? [[field("Package"), field("Version")] as const] : [];
    }),
  );

/** Rejects when the disk is not sealed as kimg's own are. */
export const listDisk = (io: Io, cache: Cache, disk: string): Promise<Listing> =>
  withWorkFolder(io, cache, async (work) => {
    const tools = await imageTools(io, cache, ["qcow2"]);
    const offset = String(diskLayout().root.start * sectorSize);
    const binds = [
      { from: work, to: "/work", writable: true },
      { from: disk, to: "/disk" },
    ];
    const argv = ["sh", "-c", script, "sh", offset] as const;
    await io.processes.run(
      asRoot(io, { ...sandboxed(io, tools, { doing: "listing a disk", argv, binds, root: true }), work }),
    );
    await checkDisk(io, tools, join(work, "disk.raw"));
    const sums = new Map(
      (await io.files.readText(join(work, "sums")))
        .split("\n")
        .map((line) => [line.slice(66).replace(/^\.\//, ""), line.slice(0, 64)]),
    );
    const files = (await io.files.readText(join(work, "list")))
      .trimEnd()
      .split("\n")
      .map((line) => {
        const [path = "", kind = "", mode = "", owner = "", target = ""] = line.split("\t");
        return [path, [kind, mode, owner, kind === "f" ? sums.get(path) : target].join(" ")] as const;
      });
    const packages = parsePackages(await io.files.readText(join(work, "root/var/lib/dpkg/status")));
    return { files: new Map(files), packages };
  });
