// Programs from Debian's archive, unpacked into the cache and run in a sandbox, so that the host needs little and its versions
// do not matter. Owns how a tools tree is made and entered; must not know what the programs are used for.
import { join } from "node:path";
import { canonicalHash, type Cache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import type { JsonValue, LockEntry } from "../model.ts";
import { archiveKeyrings, debianSources } from "./archive.ts";
import { asRoot, withWorkFolder } from "./as-root.ts";
import { type LocalArchive, localSource, readAsRootHook, refuseMissing, withOrigins } from "./local-archive.ts";
import { parsePackageRecords, recordPackagesHook } from "./package-records.ts";

/** A tools tree: the files of some Debian packages and all they depend on, without their maintainer scripts having run. */
export interface ToolsTree {
  /** Absolute folder, owned by the calling user, read-only by convention. */
  readonly folder: string;
  /** Hash of the packages in it, versions included: part of the cache key of whatever it makes. */
  readonly id: string;
  /** The packages in it. */
  readonly lock: readonly LockEntry[];
}

export interface ToolsRequest {
  /** Debian's suite, such as `trixie`. */
  readonly suite: string;
  readonly packages: readonly string[];
  /** In place of Debian's archive. */
  readonly archive?: LocalArchive | undefined;
  /** Names the state of the archive, for a tree that is to be made anew when that moves on. */
  readonly generation?: string;
}

/** Raise it when a tree made from the same request would come out otherwise. */
const layout = 2;
const packagesFile = "packages.json";

/** In every tree, since nothing pulls in what Debian calls essential. */
const always = ["coreutils", "dash"];

/** The tools tree with these packages, made at the first call. Rejects with ToolError when the archive cannot be reached. */
export const toolsTree = async (io: Io, cache: Cache, request: ToolsRequest): Promise<ToolsTree> => {
  const packages = [...new Set([...always, ...request.packages])].toSorted();
  const { suite, archive, generation } = request;
  if (archive !== undefined) refuseMissing(archive, packages, "making an image");
  const state = archive?.id ?? generation;
  const input = { layout, suite, packages, ...(state === undefined ? {} : { state }) };
  const entry = await cache.entry({ kind: "tools", name: request.packages.join(", ") }, input, async (folder) => {
    await io.progress.stage(`tools: ${request.packages.join(", ")}`, async (stage) => {
      const lock = await download(io, cache, { ...request, packages }, join(folder, "tree.tar"), stage.detail);
      await unpack(io, folder);
      await io.files.write(join(folder, packagesFile), JSON.stringify(lock, undefined, 2));
    });
  });
  const lock = JSON.parse(await io.files.readText(join(entry.folder, packagesFile))) as LockEntry[];
  return { folder: join(entry.folder, "tree"), id: canonicalHash(lock as unknown as JsonValue), lock };
};

const download = (
  io: Io,
  cache: Cache,
  request: ToolsRequest,
  tar: string,
  onLine: (line: string) => void,
): Promise<LockEntry[]> =>
  withWorkFolder(io, cache, async (work) => {
    const records = join(work, "packages");
    const { suite, archive } = request;
    const sources = archive === undefined ? debianSources(suite, io.environment) : [localSource(archive)];
    const argv = [
      ...["mmdebstrap", "--mode=root", "--variant=extract", "--skip=cleanup/reproducible"],
      ...[`--include=${request.packages.join(",")}`, `--extract-hook=${recordPackagesHook("downloaded", records)}`],
      ...[...(archive === undefined ? await archiveKeyrings(io) : [readAsRootHook]), suite, tar, ...sources],
    ] as const;
    const doing = `fetching Debian's packages ${request.packages.join(", ")}`;
    await io.processes.run(asRoot(io, { doing, argv: [...argv], work, onLine }));
    const taken = parsePackageRecords(await io.files.readText(records));
    return archive === undefined ? taken : withOrigins(taken, archive);
  });

/** Files that programs expect and that maintainer scripts, which have not run, would have made; some are also mount points. */
const expectedFiles: Readonly<Record<string, string>> = {
  "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
  "etc/group": "root:x:0:\nnogroup:x:65534:\n",
  "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
  "etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
  "etc/resolv.conf": "",
};

/** Packages of Debian 12 still have files beside /usr; the sandbox shows links there. */
const mergeUsr = String.raw`--transform=flags=rh;s,^\./\(bin\|sbin\|lib[0-9x]*\)/,./usr/\1/,`;

const unpack = async (io: Io, folder: string): Promise<void> => {
  const tree = join(folder, "tree");
  const tar = join(folder, "tree.tar");
  await io.files.makeFolder(tree);
  await io.processes.run({
    doing: "unpacking tools",
    argv: ["tar", "-C", tree, "--no-same-owner", "--no-same-permissions", "--exclude=./dev/*", mergeUsr, "-xf", tar],
  });
  for (const [path, content] of Object.entries(expectedFiles)) await io.files.write(join(tree, path), content);
  await io.files.makeFolder(join(tree, "etc/ssl/certs"));
  await io.files.remove(tar);
};
