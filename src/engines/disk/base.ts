// The first stage: a root file system with the image's distribution packages, shared by all roles.
import { join } from "node:path";
import { type Cache, type CacheEntry, canonicalHash } from "../../edge/cache.ts";
import type { Io } from "../../edge/io.ts";
import type { BuildRequest, JsonValue, LockEntry } from "../../model.ts";
import { archiveGeneration, archiveKeyrings, throughMirror } from "../../tools/archive.ts";
import { asRoot, withWorkFolder } from "../../tools/as-root.ts";
import { type LocalArchive, localSource, readAsRootHook, withOrigins } from "../../tools/local-archive.ts";
import { parsePackageRecords, recordPackagesHook } from "../../tools/package-records.ts";
import { packRootFileSystem } from "./root-archive.ts";

export interface BaseStage {
  /** Absolute path of the root file system as a tar, apt's lists included: later stages install from the same state of the archive. */
  readonly tar: string;
  /** Hash of what is in it: the same packages and settings give the same. */
  readonly id: string;
  readonly lock: readonly LockEntry[];
}

/** Raise it when the same packages would come out otherwise. */
const recipe = 4;

export type BaseRequest = Pick<BuildRequest, "image" | "architecture" | "epoch"> & {
  /** In place of the image's sources. */
  readonly archive?: LocalArchive | undefined;
};

const inputOf = ({ image, architecture, epoch }: BaseRequest): { [key: string]: JsonValue } => {
  const { suite, sources, packages } = image;
  return { recipe, suite, sources, packages: packages.toSorted(), architecture, epoch };
};

/** apt's own lines and progress numbers tell a person nothing. */
const sayStep =
  (say: (text: string) => void) =>
  (line: string): void => {
    const step = /^I: (.*[a-z])\.\.\.$/.exec(line)?.[1];
    if (step !== undefined) say(step);
  };

/** dpkg may leave its files to the page cache: a build that is interrupted starts anew. */
const dpkgOptions = ["--dpkgopt=force-unsafe-io"];

const placeOptions = async (io: Io, archive: LocalArchive | undefined): Promise<string[]> =>
  archive === undefined ? archiveKeyrings(io) : [readAsRootHook];

/** Host keys that the SSH server's installation makes: not even the cache should hold them. */
const removeHostKeys = '--customize-hook=rm -f "$1"/etc/ssh/ssh_host_*';

/**
 * The kernel's installation would make the initial RAM file system, and the triggers at the end would make it again. INITRD=No, which
 * Debian's kernel hooks look at, leaves it and the links to it to the end.
 */
const initramfsScript = `for kernel in /boot/vmlinuz-*; do
  version=\${kernel#/boot/vmlinuz-}
  update-initramfs -c -k "$version"
  linux-update-symlinks install "$version" "$kernel"
done`;
const makeInitramfs = `--customize-hook=chroot "$1" env --unset=INITRD sh -e -c '${initramfsScript}'`;

const hasInitramfsTools = ({ image }: BaseRequest): boolean => image.packages.includes("initramfs-tools");

const bootstrapCommand = async (io: Io, request: BaseRequest, root: string, records: string): Promise<string[]> => [
  ...["mmdebstrap", "--mode=root", "--format=directory", "--variant=apt", `--architectures=${request.architecture}`],
  ...[`--include=${request.image.packages.join(",")}`, "--skip=cleanup/apt/lists", ...dpkgOptions, removeHostKeys],
  ...(hasInitramfsTools(request) ? [makeInitramfs] : []),
  ...[`--customize-hook=${recordPackagesHook("installed", records)}`, ...(await placeOptions(io, request.archive))],
  ...[request.image.suite, root],
  ...(request.archive === undefined
    ? throughMirror(request.image.sources, io.environment)
    : [localSource(request.archive)]),
];

const make = (io: Io, cache: Cache, request: BaseRequest, folder: string, say: (text: string) => void): Promise<void> =>
  withWorkFolder(io, cache, async (work) => {
    const root = join(work, "root");
    const records = join(work, "packages");
    const argv = (await bootstrapCommand(io, request, root, records)) as [string, ...string[]];
    const environment = {
      SOURCE_DATE_EPOCH: String(request.epoch),
      ...(hasInitramfsTools(request) ? { INITRD: "No" } : {}),
    };
    const doing = `making a root file system of Debian's ${request.image.suite}`;
    await io.files.write(join(work, "begin"), "");
    await io.processes.run(asRoot(io, { doing, argv, environment, work, onLine: sayStep(say) }));
    say("packing");
    await packRootFileSystem(io, {
      work,
      root,
      newerThan: join(work, "begin"),
      epoch: request.epoch,
      to: join(folder, "base.tar"),
    });
    const taken = parsePackageRecords(await io.files.readText(records));
    const lock = request.archive === undefined ? taken : withOrigins(taken, request.archive);
    await io.files.write(join(folder, "packages.json"), JSON.stringify(lock, undefined, 2));
  });

/** With the state of the archive that its packages come from. */
const wholeInput = async (io: Io, cache: Cache, request: BaseRequest): Promise<JsonValue> => {
  const generation = request.archive?.id ?? (await archiveGeneration(io, cache));
  return { ...inputOf(request), generation };
};

const read = async (io: Io, request: BaseRequest, entry: CacheEntry): Promise<BaseStage> => {
  const lock = JSON.parse(await io.files.readText(join(entry.folder, "packages.json"))) as LockEntry[];
  const id = canonicalHash({
    ...inputOf(request),
    lock: lock.map(({ name, version, sha256 }) => [name, version, sha256]),
  });
  return { tar: join(entry.folder, "base.tar"), id, lock };
};

/** The stage, from the cache where it has been made with the same input since the last `refreshArchive`. */
export const baseStage = async (io: Io, cache: Cache, request: BaseRequest): Promise<BaseStage> =>
  io.progress.stage(`${request.image.name}: packages`, async (stage) => {
    const input = await wholeInput(io, cache, request);
    const entry = await cache.entry({ kind: "base", name: request.image.name }, input, (folder) =>
      make(io, cache, request, folder, stage.detail),
    );
    if (entry.reused) stage.reused();
    return read(io, request, entry);
  });

/** The stage if it is in the cache. */
export const keptBaseStage = async (io: Io, cache: Cache, request: BaseRequest): Promise<BaseStage | undefined> => {
  const entry = await cache.find("base", await wholeInput(io, cache, request));
  return entry === undefined ? undefined : read(io, request, entry);
};
