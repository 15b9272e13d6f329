// The same bytes, whoever builds: the worker's image made by this test's user out of the network, and by an ordinary user in namespaces of
// its own, from a mirror, in another folder, with another cache. Then the finished disk is looked at as a node would.
import { chmod, chown, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shippedFolder } from "../../src/content.ts";
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
/** Only when asked for: it needs root, and may make an account on the machine. */
const mayUseAccounts = process.getuid?.() === 0 && process.env["KIMG_TEST_USER"] === "1";
let folder: string;

const environment = Object.fromEntries(
  Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
);

const run = (doing: string, argv: readonly string[]): Promise<Finished> =>
  io.processes.run({ doing, argv: argv as unknown as readonly [string, ...string[]], environment });

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

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** An account with ids of its own in /etc/subuid: one that is there, else one that is made for the test and goes with it. */
const withOrdinaryUser = async <T>(use: (user: Account) => Promise<T>): Promise<T> => {
  const accounts = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const owners = (await readFile("/etc/subuid", "utf8").catch(() => "")).split("\n").map((line) => line.split(":")[0]);
  const found = accounts.find(([account, , uid]) => account && uid !== "0" && owners.includes(account));
  if (found !== undefined) return use({ uid: Number(found[2]), gid: Number(found[3]) });
  await run("making a user", ["useradd", "--no-create-home", "kimg-test"]);
  try {
    const { stdout: uid } = await run("looking the user up", ["id", "--user", "kimg-test"]);
    const { stdout: gid } = await run("looking the user up", ["id", "--group", "kimg-test"]);
    return await use({ uid: Number(uid), gid: Number(gid) });
  } finally {
    await run("removing the user", ["userdel", "kimg-test"]);
  }
};

/** The command, run by the user, who sees this checkout at a path that everybody may enter. */
const asUser = ({ uid, gid }: Account, at: string, home: string, argv: readonly string[]): string[] => [
  ...["unshare", "--mount", "sh", "-ec", 'mount --bind "$1" "$2"; shift 2; exec "$@"', "sh", shippedFolder, at],
  ...["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"],
  ...["env", "-C", home, `HOME=${home}`, `KIMG_CACHE=${join(home, "cache")}`, ...argv],
];

const buildAsOrdinaryUser = async (): Promise<{ readonly sums: string }> => {
  const mirror = join(folder, "mirror");
  await run("making a mirror", kimg(shippedFolder, "mirror", "create", "--role", "worker", mirror));
  await run("letting everybody read the mirror", ["chmod", "-R", "a+rX", mirror]);
  return withOrdinaryUser(async (user) => {
    const [home, at] = [join(folder, "home"), join(folder, "checkout")];
    await mkdir(home, { mode: 0o700 });
    await mkdir(at);
    await chown(home, user.uid, user.gid);
    const command = kimg(at, "build", "--role", "worker", "--mirror", mirror, "--output", join(home, "theirs"));
    await run("building an image as an ordinary user", asUser(user, at, home, command));
    return { sums: await readFile(join(home, "theirs/images", name, "SHA256SUMS"), "utf8") };
  });
};

describe("an image", () => {
  it.runIf(mayUseAccounts)("comes out the same, byte for byte, from an ordinary user's build", async () => {
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
