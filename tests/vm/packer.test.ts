// A worker by each engine, from the same base and the same supply: the embedded engine's disk, and one that Debian's Packer makes in a
// machine of QEMU's software emulation. The two root file systems are compared: packages, every file that can be compared, units and
// container images. What may differ is listed below with its reason; anything else fails. A load balancer comes from a directory in the
// JSON form, which Packer is run in as its README says: without kimg.
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readLibrary } from "../../src/commands/check.ts";
import { shippedFolder } from "../../src/content.ts";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { parseLock } from "../../src/lock.ts";
import { defaultSupply } from "../../src/model.ts";
import { buildImage } from "../../src/pipeline.ts";
import { sandboxed } from "../../src/tools/sandbox.ts";
import { emulatorTools } from "../../src/emulator/tools.ts";
import { type Listing, listDisk } from "../support/disk-listing.ts";
import { oldPacker } from "../support/packer-programs.ts";

const io = systemIo(startProgress("lines"), new AbortController().signal);
const cache = openCache(io, cacheFolder(io.environment));
const nameOf = (role: string): string => `${role}-debian-13-1.37.2-amd64`;

/** Path below the root → why the two engines may differ there. */
const explained: readonly (readonly [path: RegExp, reason: string])[] = [
  [/^(boot|dev|proc|run|sys|tmp|lost\+found)(\/|$)/, "the disk's own, or not of a root file system"],
  [/^etc\/fstab$/, "each disk has its own UUID"],
  [/^efi$/, "systemd makes this mount point on a machine that has an EFI system partition"],
  [/^etc\/(hosts|locale\.conf)$/, "cloud-init writes them at the first boot of every machine"],
  [/^var\/(cache|log|tmp|backups)(\/|$)/, "made again at need"],
];

let folder: string;

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Programs of a tools tree as Packer looks for them: in a folder of PATH. They see the test's folder, and the cache's disks. */
const wrap = async (bin: string, programs: readonly string[], directory: string): Promise<void> => {
  const tree = await emulatorTools(io);
  for (const program of programs) {
    const binds = [
      { from: cache.folder, to: cache.folder },
      { from: folder, to: folder, writable: true },
    ];
    const environment = { TMPDIR: "/tmp" };
    const { argv } = sandboxed(io, tree, {
      ...{
        doing: "emulating",
        argv: [`/usr/bin/${program}`] as const,
        binds,
        environment,
        network: true,
        folder: directory,
      },
    });
    await writeFile(join(bin, program), `#!/bin/sh\nexec ${argv.map(quote).join(" ")} "$@"\n`);
    await chmod(join(bin, program), 0o755);
  }
};

const run = (program: string, args: readonly string[], cwd: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, PATH: path, CHECKPOINT_DISABLE: "1" };
    const child = execFile(program, [...args], { cwd, env, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${stdout}\n${stderr}`));
    });
    child.stderr?.pipe(process.stderr);
  });

interface Packer {
  readonly output: string;
  /** Of the template that is to be there. */
  readonly directory: string;
  /** With Packer and its emulator in front. */
  readonly path: string;
}

/** For images of one role by the builder qemu, in a folder of their own. */
const packerFor = async (role: string): Promise<Packer> => {
  const output = join(folder, role);
  const directory = join(output, "packer", `${nameOf(role)}-qemu`);
  const bin = join(output, "bin");
  for (const each of [directory, bin]) await mkdir(each, { recursive: true });
  await symlink((await oldPacker(io, cache)).path, join(bin, "packer"));
  await wrap(bin, ["qemu-system-x86_64", "qemu-img"], directory);
  return { output, directory, path: `${bin}:${process.env["PATH"] ?? ""}` };
};

const kimg = (words: readonly string[], { output, path }: Packer): Promise<string> => {
  const command = ["--import", "tsx", join(shippedFolder, "src/cli.ts"), ...words, "--output", output];
  return run(process.execPath, command, shippedFolder, path);
};

const emulated = ["accelerator=tcg", "ssh_timeout=30m"];

/** Folder of the worker that kimg has Packer build. */
const builtByPacker = async (): Promise<string> => {
  const packer = await packerFor("worker");
  const variables = emulated.flatMap((variable) => ["--var", variable]);
  const words = ["build", "--role", "worker", "--engine", "packer", "--builder", "qemu", "--json", ...variables];
  await kimg(words, packer);
  return join(packer.output, "images", `${nameOf("worker")}-qemu`);
};

const builtByDisk = async (name: string): Promise<string> => {
  const library = await readLibrary(io, []);
  const [role, image] = [library.roles.get(name), library.images.get("debian-13")];
  if (role === undefined || image === undefined) throw new Error(`no ${name}`);
  const kubernetes = { version: library.defaultKubernetesVersion, from: defaultSupply, mirror: undefined };
  const request = { role, image, kubernetes, architecture: "amd64", formats: ["qcow2"], epoch: 1_735_689_600 } as const;
  return (await buildImage(io, cache, request, { output: join(folder, "embedded"), locked: false })).folder;
};

/** What was built in, from a template in the JSON form, as a person does it who has the directory and no kimg. */
const builtFromJson = async (role: string): Promise<Packer> => {
  const packer = await packerFor(role);
  const { directory, path } = packer;
  const form = ["--syntax", "json", "--packer-version", "1.6.6"];
  await kimg(["packer", "--role", role, "--builder", "qemu", ...form], packer);
  expect((await readdir(directory)).filter((file) => file.includes(".pkr."))).toEqual([
    "build.pkr.json",
    "source.pkr.json",
    "variables.pkr.json",
  ]);
  await run("sh", ["new-key.sh"], directory, path);
  const base = join(await builtByDisk("base"), `${nameOf("base")}.qcow2`);
  const variables = [`base_image=${base}`, ...emulated].flatMap((variable) => ["-var", variable]);
  await run("packer", ["build", "-color=false", ...variables, "."], directory, path);
  return packer;
};

interface Image {
  readonly manifest: { readonly artifacts: readonly { readonly kind: string; readonly path: string }[] };
  readonly lock: string;
  readonly listing: Listing;
}

const look = async (place: string): Promise<Image> => {
  const manifest = JSON.parse(await readFile(join(place, "artifacts.json"), "utf8")) as Image["manifest"];
  const lock = await readFile(join(place, "kimg.lock"), "utf8");
  return { manifest, lock, listing: await listDisk(io, cache, join(place, `${nameOf("worker")}.qcow2`)) };
};

let embedded: Image;
let packed: Image;

beforeAll(async () => {
  folder = await mkdtemp(join(process.env["KIMG_TEST_FOLDER"] ?? tmpdir(), "kimg-packer-vm-"));
  embedded = await look(await builtByDisk("worker"));
  packed = await look(await builtByPacker());
});
afterAll(async () => {
  if (process.env["KIMG_TEST_FOLDER"] === undefined) await rm(folder, { recursive: true, force: true });
});

const isExplained = (path: string): boolean => explained.some(([pattern]) => pattern.test(path));

const comparable = ({ listing }: Image): Map<string, string> =>
  new Map([...listing.files].filter(([path]) => !isExplained(path)));

const differences = (left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): string[] =>
  [...new Set([...left.keys(), ...right.keys()])]
    .filter((path) => left.get(path) !== right.get(path))
    .toSorted()
    .map((path) => `${path}: ${left.get(path) ?? "missing"} | ${right.get(path) ?? "missing"}`);

describe("a worker made by Packer", () => {
  it("has the same kinds of artifacts, and a lock with the same entries", () => {
    expect(packed.manifest.artifacts.map(({ kind, path }) => [kind, path])).toEqual(
      embedded.manifest.artifacts.map(({ kind, path }) => [kind, path]),
    );
    expect(packed.lock).toBe(embedded.lock);
  });

  it("has the same packages", () => {
    expect(packed.listing.packages.size).toBeGreaterThan(150);
    expect(differences(embedded.listing.packages, packed.listing.packages)).toEqual([]);
  });

  it("has the same files, units and container images", () => {
    expect(comparable(packed).size).toBeGreaterThan(5_000);
    expect([...comparable(packed).keys()].some((path) => path.startsWith("var/lib/containerd/"))).toBe(true);
    expect(differences(comparable(embedded), comparable(packed))).toEqual([]);
  });
});

describe("a load balancer made from HCL2's JSON form", () => {
  const disk = `output/${nameOf("haproxy")}.qcow2`;
  let packer: Packer;

  beforeAll(async () => {
    packer = await builtFromJson("haproxy");
  });

  it("has the packages of the embedded engine's lock, in their versions", async () => {
    const place = join(await builtByDisk("haproxy"), "kimg.lock");
    const lock = parseLock(await readFile(place, "utf8"), place);
    const locked = lock.filter(({ kind }) => kind === "distribution-package");
    const { packages } = await listDisk(io, cache, join(packer.directory, disk));
    expect(packages.has("haproxy")).toBe(true);
    expect(differences(new Map(locked.map(({ name, version }) => [name, version])), packages)).toEqual([]);
  });

  it("has the key of the build in none of its blocks, where cloud-init and sshd have had it", async () => {
    const { directory, path } = packer;
    await run("qemu-img", ["convert", "-O", "raw", disk, "disk.raw"], directory, path);
    const [, key = ""] = (await readFile(join(directory, "key/id_ed25519.pub"), "utf8")).split(" ");
    const isFound = async (text: string): Promise<boolean> =>
      (await run("sh", ["-c", 'grep -aqF -e "$1" disk.raw && echo yes || :', "sh", text], directory, path)) !== "";
    expect(key).toMatch(/^AAAA/);
    expect(await isFound("kimg-agent.service")).toBe(true);
    expect(await isFound(key)).toBe(false);
  });
});
