// The role's container images, as they lie in a running containerd: a node has them when it boots, with nothing to import. containerd
// itself makes its store, with a root, state and socket of its own, in namespaces that end with it; what of the store varies from run to
// run is written anew.
import { join } from "node:path";
import { ToolError } from "../../diagnostic.ts";
import type { Cache } from "../../edge/cache.ts";
import type { Io } from "../../edge/io.ts";
import { imageName } from "../../manifest.ts";
import type { BuildRequest, JsonValue, SuppliedParts } from "../../model.ts";
import { boltNormalise } from "../../supply/bolt-normalise.ts";
import { asRoot, withWorkFolder } from "../../tools/as-root.ts";
import { sandboxed } from "../../tools/sandbox.ts";
import type { ToolsTree } from "../../tools/tools.ts";
import { type LaidOutImage, readImageLayout } from "./image-layout.ts";

export interface StoreStage {
  /** Absolute path of `/var/lib/containerd` as a tar. */
  readonly tar: string;
  /** SHA-256 of the tar. */
  readonly sha256: string;
}

/** Raise it when the same images would come out otherwise. */
const recipe = 2;

/** Without its Kubernetes interface, which would want a network plugin, and without snapshotters that make folders of their own. */
const configuration = `version = 3
root = '/work/store/var/lib/containerd'
state = '/work/state'
disabled_plugins = [
  'io.containerd.cri.v1.images', 'io.containerd.cri.v1.runtime', 'io.containerd.grpc.v1.cri', 'io.containerd.nri.v1.nri',
  'io.containerd.podsandbox.controller.v1.podsandbox', 'io.containerd.internal.v1.opt', 'io.containerd.internal.v1.tracing',
  'io.containerd.snapshotter.v1.blockfile', 'io.containerd.snapshotter.v1.btrfs', 'io.containerd.snapshotter.v1.devmapper',
  'io.containerd.snapshotter.v1.erofs', 'io.containerd.snapshotter.v1.native', 'io.containerd.snapshotter.v1.zfs',
]
[grpc]
  address = '/work/containerd.sock'
`;

/**
 * One image after the other, each with the least that containerd needs to see: so that snapshots are numbered the same each time.
 * The label makes them visible to Kubernetes; the sandbox image is never collected. A lease that ends waits for the garbage collection,
 * which removes the layers that have been unpacked.
 */
const importScript = `set -eu
export PATH=/containerd/usr/bin:$PATH CONTAINERD_ADDRESS=/work/containerd.sock CONTAINERD_NAMESPACE=k8s.io
containerd --config /work/config.toml > /work/containerd.log 2>&1 &
daemon=$!
trap 'kill "$daemon" 2>/dev/null || :' EXIT
tries=0
until ctr version > /dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] && kill -0 "$daemon" || { tail -n 20 /work/containerd.log >&2; exit 1; }
  sleep 0.1
done
for image in /work/images/*; do
  tar -C "$image" --create --file=- oci-layout index.json -C /layout --files-from="$image/blobs" |
    ctr images import --local --discard-unpacked-layers --platform "linux/$1" - > /work/import.log 2>&1 ||
    { cat /work/import.log >&2; tail -n 20 /work/containerd.log >&2; exit 1; }
  ctr images label "$(cat "$image/name")" io.cri-containerd.image=managed > /dev/null
done
[ -z "$2" ] || ctr images label "$2" io.cri-containerd.image=managed io.cri-containerd.pinned=pinned > /dev/null
ctr leases create --id kimg > /dev/null
ctr leases delete --sync kimg > /dev/null
kill -TERM "$daemon"
wait "$daemon" || :
trap - EXIT`;

/**
 * Writes anew or removes what names one run of containerd or of the kernel's overlay file system, or holds the time of it. An ordinary
 * user's overlays say by another attribute than root's that a folder hides the one below: such a layer would not be the same on a node.
 */
const normaliseScript = `set -eu
cd /work/store/var/lib/containerd
rm -rf io.containerd.grpc.v1.introspection tmpmounts io.containerd.content.v1.content/ingest
rm -rf io.containerd.snapshotter.v1.overlayfs/snapshots/*/work/*
for database in io.containerd.metadata.v1.bolt/meta.db io.containerd.snapshotter.v1.overlayfs/metadata.db; do
  mode=$(stat -c %a "$database")
  mv "$database" /work/before.db
  /bolt-normalise /work/before.db "$database" "$1"
  chmod "$mode" "$database"
  rm /work/before.db
done
find . -newer /work/begin -print0 | xargs -0 touch --no-dereference --date="@$1"
tar -C /work/store --create --file="$2" --sort=name --format=pax --numeric-owner --xattrs --xattrs-include='*' \\
  --xattrs-exclude='*.overlay.uuid' --xattrs-exclude='*.overlay.impure' --xattrs-exclude='*.overlay.origin' \\
  --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime ./var/lib/containerd
if LC_ALL=C grep -a -q 'SCHILY.xattr.user.overlay.opaque=' "$2"; then
  echo 'a layer of an image replaces a folder of the layer below, which only root can unpack: run kimg as root' >&2
  exit 1
fi`;

/** Debian packages that the scripts need beside what every tools tree has. */
export const storeTools = ["findutils", "grep", "tar"];

interface Making {
  readonly io: Io;
  readonly tools: ToolsTree;
  readonly work: string;
  readonly parts: SuppliedParts;
  /** Absolute path of bolt-normalise. */
  readonly normaliser: string;
}

const runScript = async (
  making: Making,
  doing: string,
  script: string,
  args: readonly string[],
  binds: readonly { from: string; to: string }[],
): Promise<void> => {
  const { io, tools, work } = making;
  const all = [{ from: work, to: "/work", writable: true }, ...binds];
  // Root of namespaces with all ids already: a sandbox of one id inside of it could neither mount nor give files away.
  const command = sandboxed(io, tools, { doing, argv: ["sh", "-c", script, "sh", ...args], binds: all, root: true });
  await io.processes.run(asRoot(io, { ...command, work }));
};

const findPackage = async (io: Io, folder: string, name: string): Promise<string> => {
  const found = (await io.files.list(folder)).find((file) => file.startsWith(`${name}_`) && file.endsWith(".deb"));
  if (found === undefined) throw new ToolError(`looking for the package ${name}`, { tail: `none in ${folder}` });
  return join(folder, found);
};

const prepare = async ({ io, work, parts }: Making, images: readonly LaidOutImage[]): Promise<void> => {
  await io.files.write(join(work, "config.toml"), configuration);
  await io.files.write(join(work, "begin"), "");
  for (const [index, image] of images.entries()) {
    const folder = join(work, "images", String(index).padStart(3, "0"));
    await io.files.write(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    await io.files.write(join(folder, "index.json"), image.index);
    await io.files.write(join(folder, "blobs"), image.blobs.map((path) => `${path}\n`).join(""));
    await io.files.write(join(folder, "name"), image.name);
  }
  const deb = await findPackage(io, parts.packages, "containerd");
  const argv = ["dpkg-deb", "--extract", deb, join(work, "containerd")] as const;
  await io.processes.run({ doing: "unpacking containerd", argv });
  await io.files.makeFolder(join(work, "store/var/lib/containerd"));
};

/** The image that no pod can do without, by its last word. */
const isSandbox = ({ name }: LaidOutImage): boolean => /\/pause:/.test(name);

const make = (
  io: Io,
  cache: Cache,
  tools: ToolsTree,
  request: BuildRequest,
  parts: SuppliedParts,
  images: readonly LaidOutImage[],
  folder: string,
): Promise<void> =>
  withWorkFolder(io, cache, async (work) => {
    const making = { io, tools, work, parts, normaliser: await boltNormalise(io, cache, request.kubernetes) };
    await prepare(making, images);
    const sandbox = images.find(isSandbox)?.name ?? "";
    await runScript(
      making,
      "importing container images",
      importScript,
      [request.architecture, sandbox],
      [
        { from: join(work, "containerd"), to: "/containerd" },
        { from: parts.images, to: "/layout" },
      ],
    );
    await runScript(
      making,
      "packing container images",
      normaliseScript,
      [String(request.epoch), "/work/store.tar"],
      [{ from: making.normaliser, to: "/bolt-normalise" }],
    );
    const { sha256 } = await io.files.sha256(join(work, "store.tar"));
    await io.files.rename(join(work, "store.tar"), join(folder, "store.tar"));
    await io.files.write(join(folder, "stage.json"), JSON.stringify({ sha256 }));
  });

const inputOf = (
  tools: ToolsTree,
  request: BuildRequest,
  parts: SuppliedParts,
  images: readonly LaidOutImage[],
): JsonValue => ({
  recipe,
  tools: tools.id,
  containerd: parts.lock
    .filter(({ kind, name }) => kind === "package" && name === "containerd")
    .map(({ sha256 }) => sha256),
  images: images.map(({ name, digest }) => [name, digest]),
  architecture: request.architecture,
  epoch: request.epoch,
});

/** The stage, or undefined for a role without container images. */
export const storeStage = async (
  io: Io,
  cache: Cache,
  tools: ToolsTree,
  request: BuildRequest,
  parts: SuppliedParts,
): Promise<StoreStage | undefined> => {
  const images = await readImageLayout(io, parts.images);
  if (images.length === 0) return undefined;
  return io.progress.stage(`${request.role.name}: container images`, async (stage) => {
    const input = inputOf(tools, request, parts, images);
    const entry = await cache.entry({ kind: "container-store", name: imageName(request) }, input, (folder) =>
      make(io, cache, tools, request, parts, images, folder),
    );
    if (entry.reused) stage.reused();
    const { sha256 } = JSON.parse(await io.files.readText(join(entry.folder, "stage.json"))) as { sha256: string };
    return { sha256, tar: join(entry.folder, "store.tar") };
  });
};
