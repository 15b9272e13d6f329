// A worker by each engine, from the same base and the same supply: the embedded engine's disk, and one that Debian's Packer makes in a
// machine of QEMU's software emulation. The two root file systems are compared: packages, every file that can be compared, units and
// container images. What may differ is listed below with its reason; anything else fails.
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readLibrary } from "../../src/commands/check.ts";
import { shippedFolder } from "../../src/content.ts";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { defaultSupply } from "../../src/model.ts";
import { buildImage } from "../../src/pipeline.ts";
import { sandboxed } from "../../src/tools/sandbox.ts";
import { emulatorTools } from "../../src/emulator/tools.ts";
import { type Listing, listDisk } from "../support/disk-listing.ts";
import { oldPacker } from "../support/packer-programs.ts";

const io = systemIo(startProgress("lines"), new AbortController().signal);
const cache = openCache(io, cacheFolder(io.environment));
const name = "worker-debian-13-1.37.2-amd64";

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

const run = (program: string, args: readonly string[], path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, PATH: path };
    const child = execFile(
      program,
      [...args],
      { cwd: shippedFolder, env, maxBuffer: 1 << 28 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${stdout}\n${stderr}`));
      },
    );
    child.stderr?.pipe(process.stderr);
  });

const builtByPacker = async (): Promise<string> => {
  const bin = join(folder, "bin");
  await mkdir(bin);
  await symlink((await oldPacker(io, cache)).path, join(bin, "packer"));
  const output = join(folder, "build");
  const directory = join(output, "packer", `${name}-qemu`);
  await mkdir(directory, { recursive: true });
  await wrap(bin, ["qemu-system-x86_64", "qemu-img"], directory);
  const words = ["build", "--role", "worker", "--engine", "packer", "--builder", "qemu", "--json", "--output", output];
  const variables = ["accelerator=tcg", "ssh_timeout=30m"].flatMap((variable) => ["--var", variable]);
  const command = ["--import", "tsx", join(shippedFolder, "src/cli.ts"), ...words, ...variables];
  await run(process.execPath, command, `${bin}:${process.env["PATH"] ?? ""}`);
  return join(output, "images", `${name}-qemu`);
};

const builtByDisk = async (): Promise<string> => {
  const library = await readLibrary(io, []);
  const [role, image] = [library.roles.get("worker"), library.images.get("debian-13")];
  if (role === undefined || image === undefined) throw new Error("no worker");
  const kubernetes = { version: library.defaultKubernetesVersion, from: defaultSupply, mirror: undefined };
  const request = { role, image, kubernetes, architecture: "amd64", formats: ["qcow2"], epoch: 1_735_689_600 } as const;
  return (await buildImage(io, cache, request, { output: join(folder, "embedded"), locked: false })).folder;
};

interface Image {
  readonly manifest: { readonly artifacts: readonly { readonly kind: string; readonly path: string }[] };
  readonly lock: string;
  readonly listing: Listing;
}

const look = async (place: string): Promise<Image> => {
  const manifest = JSON.parse(await readFile(join(place, "artifacts.json"), "utf8")) as Image["manifest"];
  const lock = await readFile(join(place, "kimg.lock"), "utf8");
  return { manifest, lock, listing: await listDisk(io, cache, join(place, `${name}.qcow2`)) };
};

let embedded: Image;
let packed: Image;

beforeAll(async () => {
  folder = await mkdtemp(join(process.env["KIMG_TEST_FOLDER"] ?? tmpdir(), "kimg-packer-vm-"));
  embedded = await look(await builtByDisk());
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
