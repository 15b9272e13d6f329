// The second stage: the base becomes a role. Its packages, then files, then the steps in order, then the seal.
import { join } from "node:path";
import type { Cache, CacheEntry } from "../../edge/cache.ts";
import type { Io } from "../../edge/io.ts";
import { imageName } from "../../manifest.ts";
import type { BuildRequest, FileTree, JsonValue, LockEntry, ProvisioningStep } from "../../model.ts";
import { archiveGeneration } from "../../tools/archive.ts";
import { asRoot, withWorkFolder } from "../../tools/as-root.ts";
import { contentSteps, stepEnvironment } from "../provisioning-steps.ts";
import { mergeTrees, treeIdentity, writeFileTree } from "./file-tree-archive.ts";
import { describeImage, sandboxImage } from "./image-description.ts";
import { inside } from "./inside.ts";
import type { Place, Provisioning } from "./provisioning.ts";
import { installPackages, recordPackages } from "./role-packages.ts";
import { packRootFileSystem, unpackRootFileSystem } from "./root-archive.ts";
import { sealStep } from "./seal.ts";

export interface RootStage {
  /** Absolute path of the provisioned and sealed root file system as a tar, without /etc/fstab and without container images. */
  readonly tar: string;
  /** SHA-256 of the tar. */
  readonly sha256: string;
  /** Every distribution package in it. */
  readonly lock: readonly LockEntry[];
}

/** Raise it when the same input would come out otherwise. */
const recipe = 2;

const stepsOf = (request: BuildRequest): ProvisioningStep[] => [...contentSteps(request), sealStep];

const environmentOf = ({ request, supplied }: Provisioning): Record<string, string> =>
  stepEnvironment(request, sandboxImage(supplied.lock) ?? "");

const inputOf = (provisioning: Provisioning, generation: string): JsonValue => {
  const { request, base, supplied } = provisioning;
  return {
    recipe,
    base: base.id,
    sources: request.image.sources,
    generation,
    packages: request.role.packages.toSorted(),
    supplied: supplied.lock.map(({ kind, name, version, sha256 }) => [kind, name, version, sha256]),
    files: treeIdentity(mergeTrees(request.image.files, request.role.files)),
    steps: stepsOf(request).map(({ script }) => script),
    environment: environmentOf(provisioning),
  };
};

/** The image's own sources, whatever mirror its packages came through: a mirror may be nobody else's, and hold a password. */
const aptSources = ({ image }: BuildRequest): FileTree =>
  new Map([["etc/apt/sources.list", { mode: 0o644, bytes: Buffer.from(`${image.sources.join("\n")}\n`) }]]);

const copyFiles = async (io: Io, { work, root }: Place, tree: FileTree, epoch: number): Promise<void> => {
  const tar = join(work, "files.tar");
  await writeFileTree(io, tree, epoch, tar);
  const argv = [
    "tar",
    "--extract",
    "--keep-directory-symlink",
    "--preserve-permissions",
    "-C",
    root,
    "-f",
    tar,
  ] as const;
  await io.processes.run(asRoot(io, { doing: "copying files into the root file system", argv, work }));
};

const runStep = async (
  io: Io,
  place: Place,
  step: ProvisioningStep,
  environment: Record<string, string>,
): Promise<void> => {
  const script = join(place.work, "step.sh");
  await io.files.write(script, step.script, 0o755);
  const binds = { [script]: "/run/kimg/step.sh" };
  const argv = ["sh", "-e", "/run/kimg/step.sh"] as const;
  const doing = `running the provisioning step ${step.source}`;
  await io.processes.run(inside(io, { doing, argv, ...place, binds, environment }));
};

const make = (
  io: Io,
  cache: Cache,
  provisioning: Provisioning,
  folder: string,
  say: (text: string) => void,
): Promise<void> =>
  withWorkFolder(io, cache, async (work) => {
    const { request, base, supplied } = provisioning;
    const place = { work, root: join(work, "root") };
    const begin = join(work, "begin");
    await io.files.write(begin, "");
    say("unpacking");
    await unpackRootFileSystem(io, work, base.tar, place.root);
    say("packages");
    await installPackages(io, place, provisioning, undefined);
    const lock = await recordPackages(io, place, provisioning);
    const description = describeImage(request, { distribution: lock, supplied: supplied.lock });
    await copyFiles(
      io,
      place,
      mergeTrees(aptSources(request), request.image.files, request.role.files, description),
      request.epoch,
    );
    for (const step of stepsOf(request)) {
      say(step.source);
      await runStep(io, place, step, environmentOf(provisioning));
    }
    say("packing");
    const tar = join(folder, "root.tar");
    await packRootFileSystem(io, { ...place, newerThan: begin, epoch: request.epoch, to: tar });
    const { sha256 } = await io.files.sha256(tar);
    await io.files.write(join(folder, "stage.json"), JSON.stringify({ sha256, lock }, undefined, 2));
  });

const wholeInput = async (io: Io, cache: Cache, provisioning: Provisioning): Promise<JsonValue> =>
  inputOf(provisioning, provisioning.archive?.id ?? (await archiveGeneration(io, cache)));

const read = async (io: Io, { folder }: CacheEntry): Promise<RootStage> => {
  const kept = JSON.parse(await io.files.readText(join(folder, "stage.json"))) as Omit<RootStage, "tar">;
  return { ...kept, tar: join(folder, "root.tar") };
};

export const rootStage = async (io: Io, cache: Cache, provisioning: Provisioning): Promise<RootStage> =>
  io.progress.stage(`${provisioning.request.role.name}: provisioning`, async (stage) => {
    const input = await wholeInput(io, cache, provisioning);
    const entry = await cache.entry({ kind: "root", name: imageName(provisioning.request) }, input, (folder) =>
      make(io, cache, provisioning, folder, stage.detail),
    );
    if (entry.reused) stage.reused();
    return read(io, entry);
  });

/** The stage if it is in the cache. */
export const keptRootStage = async (
  io: Io,
  cache: Cache,
  provisioning: Provisioning,
): Promise<RootStage | undefined> => {
  const entry = await cache.find("root", await wholeInput(io, cache, provisioning));
  return entry === undefined ? undefined : read(io, entry);
};
