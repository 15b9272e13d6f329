// The same bytes, whoever builds: the worker's image made by this test's user out of the network, and by an ordinary user in namespaces of
// its own, from a mirror, in another folder, with another cache. Then the finished disk is looked at as a node would.
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shippedFolder } from "../../src/content.ts";
import { ToolError } from "../../src/diagnostic.ts";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import type { Finished } from "../../src/edge/io.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { findMissing, findUnsealed, readDisk } from "../../src/engines/disk/checks.ts";
import { imageTools } from "../../src/engines/disk/image-tools.ts";
import { diskLayout, sectorSize } from "../../src/engines/disk/layout.ts";
import { sandboxed } from "../../src/tools/sandbox.ts";
import { checkoutHash, recorded } from "../support/recorded.ts";

const io = systemIo(startProgress("lines"), new AbortController().signal);
const name = "worker-debian-13-1.37.2-amd64";
/** Only root can build as two users. */
const isRoot = process.getuid?.() === 0;
let folder: string;

const environment = Object.fromEntries(
  Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
);

/** A failure shows the end of what the program said: the runner of tests shows no more than the message. */
const run = async (doing: string, argv: readonly string[]): Promise<Finished> => {
  try {
    return await io.processes.run({ doing, argv: argv as unknown as readonly [string, ...string[]], environment });
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    throw new Error(`${error.message}\n${error.details.tail ?? ""}`, { cause: error });
  }
};

/** kimg of the checkout that is seen at a path. */
const kimg = (at: string, ...words: readonly string[]): string[] => [
  ...[process.execPath.replace(shippedFolder, at), "--import", join(at, "node_modules/tsx/dist/esm/index.mjs")],
  ...[join(at, "src/cli.ts"), "--quiet", ...words],
];

beforeAll(async () => {
  // Not below a home folder, which other users may not enter.
  folder = await mkdtemp("/var/tmp/kimg-user-");
  await chmod(folder, 0o755);
  await run("building an image", kimg(shippedFolder, "build", "--role", "worker", "--output", join(folder, "ours")));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** An ordinary user with ids to share out, whom only the namespace of `asUser` knows: the machine's accounts stay as they are. */
const user = { name: "kimg-test", id: 59_999, firstOfMany: 600_100_000 } as const;

const accounts = {
  passwd: `${user.name}:x:${user.id}:${user.id}::/nonexistent:/bin/sh\n`,
  group: `${user.name}:x:${user.id}:\n`,
  subuid: `${user.name}:${user.firstOfMany}:65536\n`,
  subgid: `${user.name}:${user.firstOfMany}:65536\n`,
} as const;

/** Files to be seen in place of those in /etc; returns their folder. */
const writeAccounts = async (): Promise<string> => {
  const etc = join(folder, "etc");
  await mkdir(etc);
  for (const [file, line] of Object.entries(accounts)) {
    const before = file.startsWith("sub") ? "" : await readFile(join("/etc", file), "utf8");
    await writeFile(join(etc, file), before + line);
  }
  return etc;
};

/** Arguments: folder of accounts, checkout, where it is to be seen, command. A machine without any such ids has no file for them. */
const mountAndRun = `for file in "$1"/*; do
  [ -e "/etc/\${file##*/}" ] || : > "/etc/\${file##*/}"
  mount --bind "$file" "/etc/\${file##*/}"
done
mount --bind "$2" "$3"
shift 3
exec "$@"`;

/** The command, run by the user, who sees this checkout at a path that everybody may enter. */
const asUser = (etc: string, at: string, home: string, argv: readonly string[]): string[] => [
  ...["unshare", "--mount", "sh", "-ec", mountAndRun, "sh", etc, shippedFolder, at],
  ...["setpriv", `--reuid=${user.id}`, `--regid=${user.id}`, "--clear-groups"],
  ...["env", "-C", home, `HOME=${home}`, `KIMG_CACHE=${join(home, "cache")}`, ...argv],
];

const buildAsOrdinaryUser = async (): Promise<{ readonly sums: string }> => {
  const mirror = join(folder, "mirror");
  await run("making a mirror", kimg(shippedFolder, "mirror", "create", "--role", "worker", mirror));
  await run("letting everybody read the mirror", ["chmod", "-R", "a+rX", mirror]);
  const [home, at] = [join(folder, "home"), join(folder, "checkout")];
  await mkdir(home, { mode: 0o700 });
  await mkdir(at);
  await chown(home, user.id, user.id);
  const command = kimg(at, "build", "--role", "worker", "--mirror", mirror, "--output", join(home, "theirs"));
  await run("building an image as an ordinary user", asUser(await writeAccounts(), at, home, command));
  return { sums: await readFile(join(home, "theirs/images", name, "SHA256SUMS"), "utf8") };
};

describe("an image", () => {
  it.runIf(isRoot)("comes out the same, byte for byte, from an ordinary user's build", async () => {
    const sums = await readFile(join(folder, "ours/images", name, "SHA256SUMS"), "utf8");
    const code = await checkoutHash(io, ["src", "images", "roles/worker", "tests/e2e/image-user.test.ts"]);
    const theirs = await recorded(io, "ordinary user", { code, sums }, buildAsOrdinaryUser);
    expect(theirs.sums).toBe(sums);
  });
});

const checkScript = (): string => {
  const { esp, root } = diskLayout();
  const disk = `'/work/disk.raw?offset=${root.start * sectorSize}'`;
  return `set -eu
qemu-img check -q /disk.qcow2
qemu-img convert -f qcow2 -O raw /disk.qcow2 /work/disk.raw
dd if=/work/disk.raw of=/work/esp.img bs=${sectorSize} skip=${esp.start} count=${esp.size} status=none
fsck.vfat -n /work/esp.img
dd if=/work/disk.raw of=/work/root.img bs=1M iflag=skip_bytes,count_bytes skip=${root.start * sectorSize} \\
  count=${root.size * sectorSize} conv=sparse status=none
e2fsck -f -n /work/root.img
rm /work/root.img
debugfs -R 'stats -h' ${disk} 2>/dev/null | grep '^Block count:'`;
};

describe("the finished disk", () => {
  it("is whole and sealed, and has something to boot: read out of the qcow2, not before it", async () => {
    const tools = await imageTools(io, openCache(io, cacheFolder(io.environment)), ["qcow2"]);
    const binds = [
      { from: join(folder, "ours/images", name, `${name}.qcow2`), to: "/disk.qcow2" },
      { from: folder, to: "/work", writable: true },
    ];
    const checking = { doing: "checking the file systems", argv: ["sh", "-c", checkScript()] as const, binds };
    const { stdout } = await io.processes.run(sandboxed(io, tools, checking));
    expect(Number(/^Block count: +(\d+)$/m.exec(stdout)?.[1]) * 4096).toBe(diskLayout().root.size * sectorSize);
    const facts = await readDisk(io, tools, join(folder, "disk.raw"));
    expect(facts.listing.get("/etc/kimg")?.map((entry) => entry.name)).toEqual(["image.json"]);
    expect([...findUnsealed(facts), ...findMissing(facts)]).toEqual([]);
  });
});
