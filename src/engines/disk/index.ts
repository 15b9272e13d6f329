// The embedded engine: a disk image out of Debian's packages and a supply, without a hypervisor, a base image or anything mounted on the
// host. Owns the stages and what each depends on; must not know a cluster, nor where the supply came from.
//
//   base (the image's packages) ─▶ root (the role: packages, files, steps, seal) ─┐
//   supply ─▶ store (container images in containerd) ─────────────────────────────┴▶ disk ─▶ formats
//
// Each is kept by the hash of what it is made from; base is shared by all roles, store by all roles with the same images.
import { join } from "node:path";
import type { Cache } from "../../edge/cache.ts";
import type { Io } from "../../edge/io.ts";
import { type Format, formats } from "../../formats/index.ts";
import { compareLocks } from "../../lock.ts";
import { imageName } from "../../manifest.ts";
import type { Artifact, BuildRequest, JsonValue, LockEntry, SuppliedParts } from "../../model.ts";
import { lockedArchive } from "../../supply/locked-archive.ts";
import { type MirrorArchives, mirrorArchives } from "../../supply/mirror-archives.ts";
import type { LocalArchive } from "../../tools/local-archive.ts";
import type { ToolsTree } from "../../tools/tools.ts";
import { baseStage, keptBaseStage } from "./base.ts";
import { checkDisk } from "./checks.ts";
import { type StoreStage, storeStage } from "./container-store.ts";
import { makeDisk } from "./disk-image.ts";
import { imageTools } from "./image-tools.ts";
import { keptRootStage, type RootStage, rootStage } from "./provision.ts";

export interface BuiltDisk {
  /** In the cache, one for each format asked for; `path` is absolute and ends in the artifact's name. Not to be written to. */
  readonly artifacts: readonly Artifact[];
  /** Every distribution package in the image. */
  readonly lock: readonly LockEntry[];
}

/** Raise it when the same root file system would become other bytes. */
const recipe = 2;

interface Parts {
  readonly root: RootStage;
  /** Tar archives that are the root file system together. */
  readonly archives: readonly string[];
  /** Tells this content from any other. */
  readonly identity: string;
}

export const makeArtifact = async (
  io: Io,
  request: BuildRequest,
  format: Format,
  folder: string,
): Promise<Omit<Artifact, "path">> => {
  const file = `${imageName(request)}.${format.extension}`;
  const { sha256, size } = await io.files.sha256(join(folder, file));
  return { id: format.name, kind: format.name, size, sha256, purpose: format.purpose };
};

const make = async (
  io: Io,
  tools: ToolsTree,
  request: BuildRequest,
  parts: Parts,
  folder: string,
  say: (text: string) => void,
): Promise<void> => {
  const wanted = request.formats.map((name) => formats[name]);
  const work = await io.files.temporaryFolder(folder);
  try {
    say("disk");
    const content = { archives: parts.archives, identity: parts.identity, epoch: request.epoch };
    const disk = wanted.some(({ needsDisk }) => needsDisk) ? await makeDisk(io, tools, work, content) : undefined;
    if (disk !== undefined) await checkDisk(io, tools, disk);
    for (const format of wanted) {
      say(format.name);
      await format.pack(
        io,
        tools,
        { disk, archives: parts.archives },
        join(folder, `${imageName(request)}.${format.extension}`),
      );
    }
  } finally {
    await io.files.remove(work);
  }
  const artifacts = await Promise.all(wanted.map((format) => makeArtifact(io, request, format, folder)));
  await io.files.write(join(folder, "artifacts.json"), JSON.stringify(artifacts, undefined, 2));
};

const inputOf = (tools: ToolsTree, request: BuildRequest, { identity }: Parts): JsonValue => ({
  recipe,
  tools: tools.id,
  identity,
  name: imageName(request),
  formats: request.formats.toSorted(),
  epoch: request.epoch,
});

const packDisk = (
  io: Io,
  cache: Cache,
  tools: ToolsTree,
  request: BuildRequest,
  parts: Parts,
): Promise<readonly Artifact[]> =>
  io.progress.stage(`${request.role.name}: disk`, async (stage) => {
    const input = inputOf(tools, request, parts);
    const entry = await cache.entry({ kind: "disk", name: imageName(request) }, input, (folder) =>
      make(io, tools, request, parts, folder, stage.detail),
    );
    if (entry.reused) stage.reused();
    const kept = JSON.parse(await io.files.readText(join(entry.folder, "artifacts.json"))) as Omit<Artifact, "path">[];
    return kept.map((artifact) => {
      const { extension } = formats[artifact.kind as keyof typeof formats];
      return { ...artifact, path: join(entry.folder, `${imageName(request)}.${extension}`) };
    });
  });

/** Fails only when nothing of either runs any more. */
const bothDone = async <A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> => {
  await Promise.allSettled([first, second]);
  return [await first, await second];
};

interface Locking {
  readonly request: BuildRequest;
  readonly supplied: SuppliedParts;
  readonly locked: readonly LockEntry[] | undefined;
}

/** What takes the place of Debian's archive so that the lock holds; undefined where there is none, or what the cache has is that already. */
const archiveOfLock = async (
  io: Io,
  cache: Cache,
  { request, supplied, locked }: Locking,
): Promise<LocalArchive | undefined> => {
  if (locked === undefined) return undefined;
  const packages = locked.filter(({ kind }) => kind === "distribution-package");
  const base = await keptBaseStage(io, cache, request);
  const root = base === undefined ? undefined : await keptRootStage(io, cache, { request, supplied, base });
  if (root !== undefined && compareLocks(packages, root.lock).length === 0) return undefined;
  return lockedArchive(io, cache, request, packages);
};

export interface PreparedStore {
  readonly tools: ToolsTree;
  /** Undefined for a role without container images. */
  readonly store: StoreStage | undefined;
}

/** The programs that make disks, and the role's container images as containerd has them. */
export const preparedStore = async (
  io: Io,
  cache: Cache,
  request: BuildRequest,
  supplied: SuppliedParts,
  archives: MirrorArchives | undefined,
): Promise<PreparedStore> => {
  const tools = await imageTools(io, cache, request.formats, archives?.tools);
  return { tools, store: await storeStage(io, cache, tools, request, supplied) };
};

/**
 * Makes the image, or takes from the cache what has not changed. Rejects with ToolError when a program fails or the archive cannot be
 * reached; nothing is left behind then but finished stages. With `locked`, the distribution's packages are those, or the archive no
 * longer has them, which is said before anything is made.
 */
export const buildDisk = async (
  io: Io,
  cache: Cache,
  request: BuildRequest,
  supplied: SuppliedParts,
  locked?: readonly LockEntry[],
): Promise<BuiltDisk> => {
  const archives = await mirrorArchives(io, request);
  const archive = archives?.image ?? (await archiveOfLock(io, cache, { request, supplied, locked }));
  const prepareStore = () => preparedStore(io, cache, request, supplied, archives);
  const prepareRoot = async (): Promise<RootStage> => {
    return rootStage(io, cache, {
      request,
      supplied,
      archive,
      base: await baseStage(io, cache, { ...request, archive }),
    });
  };
  const [{ tools, store }, root] = await bothDone(prepareStore(), prepareRoot());
  const parts = {
    root,
    archives: [root.tar, ...(store === undefined ? [] : [store.tar])],
    identity: [root.sha256, ...(store === undefined ? [] : [store.sha256])].join(" "),
  };
  return { artifacts: await packDisk(io, cache, tools, request, parts), lock: root.lock };
};
