// The second stage: the base becomes a role. Its packages, then files, then the steps in order, then the seal.
import { join } from "node:path";
import type { Cache } from "../../edge/cache.ts";
import type { Io } from "../../edge/io.ts";
import type { BuildRequest, FileTree, JsonValue, LockEntry, ProvisioningStep, SuppliedParts } from "../../model.ts";
import { asRoot, withWorkFolder } from "../../tools/as-root.ts";
import { parsePackageRecords } from "../../tools/package-records.ts";
import type { BaseStage } from "./base.ts";
import { mergeTrees, treeIdentity, writeFileTree } from "./file-tree-archive.ts";
import { describeImage, sandboxImage } from "./image-description.ts";
import { certificatesInside, inside, type Inside } from "./inside.ts";
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

export interface Provisioning {
  readonly request: BuildRequest;
  readonly base: BaseStage;
  readonly supplied: SuppliedParts;
}

/** Raise it when the same input would come out otherwise. */
const recipe = 1;

const stepsOf = ({ image, role }: BuildRequest): ProvisioningStep[] => [...image.steps, ...role.steps, sealStep];

/** What each provisioning step may read; documented in images/common/steps/10-system.sh. */
const stepEnvironment = ({ request, supplied }: Provisioning): Record<string, string> => ({
  KIMG_IMAGE: request.image.name,
  KIMG_SUITE: request.image.suite,
  KIMG_ARCHITECTURE: request.architecture,
  KIMG_ROLE: request.role.name,
  KIMG_BOOTSTRAP: request.role.bootstrap,
  KIMG_KUBERNETES_VERSION: request.kubernetes.version,
  KIMG_COMPONENTS: request.role.components.join(" "),
  KIMG_UNITS: request.role.units.join(" "),
  KIMG_SANDBOX_IMAGE: sandboxImage(supplied.lock) ?? "",
  SOURCE_DATE_EPOCH: String(request.epoch),
});

const inputOf = (provisioning: Provisioning): JsonValue => {
  const { request, base, supplied } = provisioning;
  return {
    recipe,
    base: base.id,
    packages: request.role.packages.toSorted(),
    supplied: supplied.lock.map(({ kind, name, version, sha256 }) => [kind, name, version, sha256]),
    files: treeIdentity(mergeTrees(request.image.files, request.role.files)),
    steps: stepsOf(request).map(({ script }) => script),
    environment: stepEnvironment(provisioning),
  };
};

const packagesInside = "/run/kimg/packages";

/**
 * The supply's packages win over the distribution's of the same name. The archive is asked again only when it no longer has what it had
 * when the base was made.
 */
const installScript = `set -eu
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
trap 'rm -f /usr/sbin/policy-rc.d /etc/apt/sources.list.d/kimg.list /etc/apt/preferences.d/kimg' EXIT
echo 'deb [trusted=yes] copy:${packagesInside} ./' > /etc/apt/sources.list.d/kimg.list
printf 'Package: *\\nPin: origin ""\\nPin-Priority: 1001\\n' > /etc/apt/preferences.d/kimg
[ ! -e ${certificatesInside} ] || set -- -o Acquire::https::CAInfo=${certificatesInside} "$@"
set -- -q -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 -o DPkg::Options::=--force-confdef "$@"
apt-get update -o Dir::Etc::sourcelist=sources.list.d/kimg.list -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 \\
  -o APT::Sandbox::User=root
apt-get install --yes --no-install-recommends "$@" || { apt-get update && apt-get install --yes --no-install-recommends "$@"; }`;

/** The supply's own packages have their lines in the lock already. */
const recordScript = `set -eu
dpkg-query --show --showformat '\${Package}:\${Architecture}=\${Version}\\n' > /run/installed
grep -v -E "^($1):" /run/installed | LC_ALL=C sort | xargs apt-get download --print-uris`;

type Place = Pick<Inside, "work" | "root">;

const installPackages = async (io: Io, place: Place, { request, supplied }: Provisioning, say: Inside["onLine"]): Promise<void> => {
  const names = [...request.role.components, ...request.role.packages];
  if (names.length === 0) return;
  const binds = { [supplied.packages]: packagesInside };
  const argv = ["sh", "-c", installScript, "sh", ...names] as const;
  const doing = `installing ${names.join(", ")}`;
  const onLine = say === undefined ? {} : { onLine: say };
  await io.processes.run(inside(io, { doing, argv, ...place, binds, network: true, ...onLine }));
};

const recordPackages = async (io: Io, place: Place, supplied: SuppliedParts): Promise<LockEntry[]> => {
  const own = supplied.lock.filter(({ kind }) => kind === "package").map(({ name }) => name.replaceAll(/[.+]/g, "\\$&"));
  const argv = ["sh", "-c", recordScript, "sh", own.join("|")] as const;
  const { stdout } = await io.processes.run(inside(io, { doing: "listing packages", argv, ...place }));
  return parsePackageRecords(stdout);
};

const copyFiles = async (io: Io, { work, root }: Place, tree: FileTree, epoch: number): Promise<void> => {
  const tar = join(work, "files.tar");
  await writeFileTree(io, tree, epoch, tar);
  const argv = ["tar", "--extract", "--keep-directory-symlink", "--preserve-permissions", "-C", root, "-f", tar] as const;
  await io.processes.run(asRoot(io, { doing: "copying files into the root file system", argv, work }));
};

const runStep = async (io: Io, place: Place, step: ProvisioningStep, environment: Record<string, string>): Promise<void> => {
  const script = join(place.work, "step.sh");
  await io.files.write(script, step.script, 0o755);
  const binds = { [script]: "/run/kimg/step.sh" };
  const argv = ["sh", "-e", "/run/kimg/step.sh"] as const;
  const doing = `running the provisioning step ${step.source}`;
  await io.processes.run(inside(io, { doing, argv, ...place, binds, environment }));
};

const make = (io: Io, cache: Cache, provisioning: Provisioning, folder: string, say: (text: string) => void): Promise<void> =>
  withWorkFolder(io, cache, async (work) => {
    const { request, base, supplied } = provisioning;
    const place = { work, root: join(work, "root") };
    const begin = join(work, "begin");
    await io.files.write(begin, "");
    say("unpacking");
    await unpackRootFileSystem(io, work, base.tar, place.root);
    say("packages");
    await installPackages(io, place, provisioning, undefined);
    const lock = await recordPackages(io, place, supplied);
    const description = describeImage(request, { distribution: lock, supplied: supplied.lock });
    await copyFiles(io, place, mergeTrees(request.image.files, request.role.files, description), request.epoch);
    for (const step of stepsOf(request)) {
      say(step.source);
      await runStep(io, place, step, stepEnvironment(provisioning));
    }
    say("packing");
    const tar = join(folder, "root.tar");
    await packRootFileSystem(io, { ...place, newerThan: begin, epoch: request.epoch, to: tar });
    const { sha256 } = await io.files.sha256(tar);
    await io.files.write(join(folder, "stage.json"), JSON.stringify({ sha256, lock }, undefined, 2));
  });

export const rootStage = async (io: Io, cache: Cache, provisioning: Provisioning): Promise<RootStage> =>
  io.progress.stage(`${provisioning.request.role.name}: provisioning`, async (stage) => {
    const input = inputOf(provisioning);
    const entry = await cache.entry("root", input, (folder) => make(io, cache, provisioning, folder, stage.detail));
    if (entry.reused) stage.reused();
    const kept = JSON.parse(await io.files.readText(join(entry.folder, "stage.json"))) as Omit<RootStage, "tar">;
    return { ...kept, tar: join(entry.folder, "root.tar") };
  });
