// A mirror, carried to where there is no network: what is built from it there is what is built here, byte for byte.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { shippedFolder } from "../../src/content.ts";
import type { Finished, Io } from "../../src/edge/io.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";

const io: Io = systemIo(startProgress("quiet"), new AbortController().signal);
let folder: string;
/** What `mirror create` says. */
let made: Finished;

const inherited = Object.fromEntries(
  Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
);

const program = ["--import", "tsx", join(shippedFolder, "src/cli.ts"), "--quiet"] as const;

interface Call {
  readonly words: readonly string[];
  /** Run before the program; empty for none. */
  readonly prefix?: readonly string[];
  readonly cache?: string;
  readonly accept?: readonly number[];
}

const kimg = ({ words, prefix = [], cache, accept = [0] }: Call): Promise<Finished> => {
  const argv = [...prefix, process.execPath, ...program, ...words] as unknown as readonly [string, ...string[]];
  const environment = { ...inherited, ...(cache === undefined ? {} : { KIMG_CACHE: cache }) };
  return io.processes.run({ doing: `running kimg ${words.join(" ")}`, argv, environment, accept });
};

/** No interface but a loopback that is down. An ordinary user needs a user namespace to make one, with all ids that builds give files to. */
const withoutNetwork =
  process.getuid?.() === 0
    ? ["unshare", "--net", "--"]
    : ["unshare", "--user", "--map-auto", "--map-root-user", "--net", "--"];

const build = ["build", "--role", "haproxy", "--format", "qcow2", "--format", "tar"] as const;
/** With a blank, which apt's sources do not take as it is. */
const mirror = (): string => join(folder, "a disk/mirror");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kimg-mirror-"));
  await io.files.makeFolder(join(folder, "a disk"));
  made = await kimg({ words: ["mirror", "create", "--role", "haproxy", join(folder, "made"), "--json"] });
  await io.files.rename(join(folder, "made"), mirror());
});
/** The empty cache has files of other users, if an ordinary one runs this. */
afterAll(async () => {
  await io.processes.run({
    doing: "removing the test's folder",
    argv: [...withoutNetwork, "rm", "-rf", "--one-file-system", "--", folder] as unknown as readonly [
      string,
      ...string[],
    ],
  });
  await rm(folder, { recursive: true, force: true });
});

describe("a mirror", () => {
  it("gives the same image with no network and an empty cache, and the lock names where packages are from", async () => {
    await kimg({ words: [...build, "--output", join(folder, "direct")] });
    const words = [...build, "--mirror", mirror(), "--output", join(folder, "mirrored")];
    await kimg({ words, prefix: withoutNetwork, cache: join(folder, "cache") });
    const [image] = await io.files.list(join(folder, "mirrored/images"));
    const read = (output: string, name: string): Promise<string> =>
      io.files.readText(join(folder, output, "images", String(image), name));
    const lock = await read("mirrored", "kimg.lock");
    expect(lock).toMatch(/"name":"haproxy",.*"source":"https?:\/\/[^"]+\/haproxy_[^"]+_amd64\.deb"/);
    expect(lock).toBe(await read("direct", "kimg.lock"));
    expect(await read("mirrored", "SHA256SUMS")).toBe(await read("direct", "SHA256SUMS"));
  });

  it("says as data what it holds", () => {
    const some = expect.any(Number) as number;
    const wanted = { roles: ["haproxy"], packages: 0, containerImages: 0, distributionPackages: some };
    expect(JSON.parse(made.stdout)).toMatchObject(wanted);
  });

  it("says what it was not made for", async () => {
    const words = ["build", "--role", "worker", "--mirror", mirror(), "--output", folder];
    const { code, stderr } = await kimg({ words, accept: [0, 1, 2, 3] });
    expect(code).toBe(1);
    expect(stderr).toContain("has no package kubeadm");
    expect(stderr).toContain("kimg mirror create DIR --role");
  });

  it("is refused when a package in it was changed", async () => {
    const pool = join(mirror(), "distribution/pool");
    const tar = (await io.files.list(pool)).find((name) => name.startsWith("tar_"));
    await io.files.write(join(pool, String(tar)), "other");
    const words = [...build, "--mirror", mirror(), "--output", folder];
    const { code, stderr } = await kimg({ words, cache: join(folder, "other cache"), accept: [0, 1, 2, 3] });
    expect(code).toBe(3);
    expect(stderr).toMatch(/tar_[^\n]*(?:File has unexpected size|Hash Sum mismatch)/);
  });
});
