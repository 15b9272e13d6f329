// Images read without booting them, with the real debugfs and qemu-img: a disk that the embedded engine makes, as qcow2 and raw, beside
// the tar that it was made from.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diff } from "../../src/commands/diff.ts";
import { inspect } from "../../src/commands/inspect.ts";
import { openUserCache } from "../../src/edge/cache.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { makeDisk } from "../../src/engines/disk/disk-image.ts";
import { imageTools } from "../../src/engines/disk/image-tools.ts";
import { qcow2 } from "../../src/formats/qcow2.ts";
import { sandboxed } from "../../src/tools/sandbox.ts";
import { type TarEntry, type TarTree, writeTar } from "../../src/supply/tar.ts";
import type { ToolsTree } from "../../src/tools/tools.ts";

const io = systemIo(startProgress("quiet"), new AbortController().signal);
const epoch = 1_735_689_600;
let folder: string;
let tools: ToolsTree;

const file = (text: string, mode = 0o644) => ({ kind: "file" as const, mode, bytes: Buffer.from(text) });

const description = {
  ...{ role: "worker", bootstrap: "join-worker", kubernetes: "1.37.2", components: {}, containerImages: [] },
  os: { image: "debian-13", suite: "trixie", architecture: "amd64" },
};

const tree: TarTree = new Map<string, TarEntry>([
  ["bin", { kind: "link", target: "usr/bin" }],
  ["etc/kimg/image.json", file(JSON.stringify(description))],
  ["usr/bin/sudo", file("a program", 0o4755)],
  ["usr/lib/os-release", file('PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n')],
  ['usr/share/a "name" with spaces/file', file("inside")],
  ["var/lib/dpkg/status", file("Package: bash\nStatus: install ok installed\nVersion: 5.2-1\n")],
]);

const make = async (name: string, content: TarTree): Promise<void> => {
  const tar = join(folder, `${name}.tar`);
  const work = join(folder, name);
  await io.files.makeFolder(work);
  await writeTar(io, content, tar, { epoch });
  const disk = await makeDisk(io, tools, work, { archives: [tar], identity: "test", epoch });
  await qcow2.pack(io, tools, { disk, archives: [] }, join(folder, `${name}.qcow2`));
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kimg-inspect-"));
  tools = await imageTools(io, openUserCache(io), ["qcow2"]);
  await make("one", tree);
  const changed = new Map(tree).set("usr/bin/sudo", file("a pr0gram", 0o755));
  await make(
    "other",
    changed.set("var/lib/dpkg/status", file("Package: bash\nStatus: install ok installed\nVersion: 5.2-2\n")),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const look = (artifact: string, files = false): Promise<string> =>
  inspect(io, { artifact: join(folder, artifact), files, packages: true, json: false });

const compare = async (a: string, b: string) => {
  const { text } = await diff(io, { a: join(folder, a), b: join(folder, b), libraries: [], json: true });
  return JSON.parse(text) as { readonly same: boolean; readonly differences: readonly object[] };
};

describe("an image", () => {
  it.each(["one.qcow2", "one/disk.raw"])(
    "%s shows its partitions, what it was made from and its packages",
    async (name) => {
      const text = await look(name);
      expect(text).toMatch(/^ {2}esp +2\.00 MiB +64\.0 MiB +vfat +ESP$/m);
      expect(text).toMatch(/^ {2}root +66\.0 MiB +7\.93 GiB +ext4 +kimg-root$/m);
      expect(text).toContain("Debian GNU/Linux 13 (trixie)\nmade by kimg: role worker on debian-13, Kubernetes 1.37.2");
      expect(text).toMatch(/^ {2}bash +5\.2-1$/m);
    },
  );

  it("lists its files with owners, permissions and digests, whatever they are called", async () => {
    const text = await look("one.qcow2", true);
    expect(text).toMatch(/^ {2}-4755 +0:0 +9 +[0-9a-f]{64} +\/usr\/bin\/sudo$/m);
    expect(text).toMatch(/^ {2}-0644 +0:0 +6 +[0-9a-f]{64} +\/usr\/share\/a "name" with spaces\/file$/m);
    expect(text).toMatch(/^ {2}l0777 .* \/bin -> usr\/bin$/m);
  });

  it("is left as it was", async () => {
    const before = await io.files.status(join(folder, "one/disk.raw"));
    await look("one/disk.raw", true);
    expect(await io.files.status(join(folder, "one/disk.raw"))).toEqual(before);
  });

  it("is the same as its other forms", async () => {
    expect(await compare("one.qcow2", "one/disk.raw")).toEqual({ same: true, differences: [] });
    expect(await compare("one.qcow2", "one.tar")).toEqual({ same: true, differences: [] });
  });

  it("differs from another in versions, permissions and content", async () => {
    const { differences } = await compare("one.qcow2", "other.qcow2");
    expect(differences).toMatchObject([
      { of: "packages", change: "changed", what: "bash", a: "5.2-1", b: "5.2-2" },
      {
        of: "files",
        what: "/usr/bin/sudo",
        a: expect.stringMatching(/^4755 sha256:/),
        b: expect.stringMatching(/^0755/),
      },
      { of: "files", what: "/var/lib/dpkg/status" },
    ]);
  });

  it("that is damaged is said to be", async () => {
    await writeFile(join(folder, "short.qcow2"), (await io.files.read(join(folder, "one.qcow2"))).subarray(0, 1000));
    await expect(look("short.qcow2")).rejects.toMatchObject({ name: "ToolError" });
  });
});

describe("a seed on a FAT volume", () => {
  it("is read like any other", async () => {
    const seed = join(folder, "seed");
    await io.files.write(join(seed, "meta-data"), "instance-id: i-1\nlocal-hostname: w1\n");
    await io.files.write(join(seed, "user-data"), "#cloud-config\nwrite_files: [{ path: /etc/x, content: why }]\n");
    const script =
      "truncate -s 2M /out/seed.img && mkfs.vfat -n CIDATA /out/seed.img && mcopy -i /out/seed.img /out/seed/* ::/";
    const argv = ["sh", "-euc", script] as const;
    const binds = [{ from: folder, to: "/out", writable: true }];
    await io.processes.run(sandboxed(io, tools, { doing: "making a FAT volume", argv, binds }));
    const text = await look("seed.img");
    expect(text).toContain("seed, vfat with the label CIDATA\ninstance-id i-1\nhost name w1\n");
    expect(text).toMatch(/^ {2}0644 +3 B +\/etc\/x$/m);
  });
});
