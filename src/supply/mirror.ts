// `from: mirror`: a folder made beforehand, used with no network at all. Whatever is taken from it is checked against its lock.
import { join } from "node:path";
import type { DiagnosticCode } from "../codes/index.ts";
import type { Cache } from "../edge/cache.ts";
import { DiagnosticError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Architecture, BuildRequest, LockEntry } from "../model.ts";
import { parsePackagesIndex } from "./apt-index.ts";
import type { Parts } from "./assembly.ts";
import { copyImage } from "./image-copy.ts";
import { splitReference } from "./image-reference.ts";
import { checkDigest, type MirrorLock, readMirrorLock } from "./mirror-lock.ts";
import { blobPath, type Descriptor, mediaTypes } from "./oci-layout.ts";
import type { StoredImage, StoredPackage } from "./packing.ts";
import type { Selection } from "./selection.ts";

export interface MirrorOptions {
  readonly architecture: Architecture;
  readonly kubernetes: BuildRequest["kubernetes"];
}

export const refuse = (code: DiagnosticCode, message: string, hint: string): DiagnosticError =>
  new DiagnosticError([{ severity: "error", code, message, hint }]);

const checkPurpose = (folder: string, lock: MirrorLock, { architecture, kubernetes }: MirrorOptions): void => {
  const has = `${lock.kubernetes} for ${lock.architecture}`;
  const wanted = `${kubernetes.version} for ${architecture}`;
  if (has === wanted) return;
  const hint = `use Kubernetes ${lock.kubernetes}, or make another: kimg mirror create DIR --kubernetes ${kubernetes.version}`;
  throw refuse("mirror/other-version", `the mirror ${folder} holds Kubernetes ${has}, not ${wanted}`, hint);
};

const findEntry = (folder: string, lock: MirrorLock, kind: LockEntry["kind"], name: string): LockEntry => {
  const found = lock.entries.find((entry) => entry.kind === kind && entry.name === name);
  if (found !== undefined) return found;
  throw refuse(
    "mirror/missing",
    `the mirror ${folder} has no ${kind.replace("-", " ")} ${name}`,
    "make one for this role with this kimg: kimg mirror create DIR --role ROLE",
  );
};

const takePackage = async (io: Io, cache: Cache, folder: string, entry: LockEntry): Promise<StoredPackage> => {
  const packages = join(folder, "packages");
  const index = parsePackagesIndex(await io.files.readText(join(packages, "Packages")));
  const found = index.find(({ sha256 }) => sha256 === entry.sha256);
  if (found === undefined)
    throw refuse(
      "mirror/missing",
      `${packages}/Packages lists no ${entry.name} ${entry.version} with the locked digest`,
      "make the mirror again",
    );
  const kind = { kind: "mirrored-package", name: `${entry.name} ${entry.version}` };
  const taken = await cache.entry(kind, { sha256: entry.sha256 }, async (made) => {
    const path = join(made, found.fileName);
    // A copy: what happens to the mirror later must not reach the cache.
    await io.files.write(path, await io.files.read(join(packages, found.fileName)));
    await checkDigest(io, path, entry.sha256, join(packages, found.fileName));
  });
  const { fileName, control, sha256, size, version } = found;
  return { path: join(taken.folder, fileName), fileName, control, sha256, size, version };
};

const takeImage = async (
  io: Io,
  cache: Cache,
  folder: string,
  name: string,
  entry: LockEntry,
  architecture: Architecture,
): Promise<StoredImage> => {
  const images = join(folder, "images");
  const digest = `sha256:${entry.sha256}`;
  const taken = await cache.entry({ kind: "mirrored-image", name }, { digest, architecture }, async (made) => {
    const read = (part: Descriptor) => io.files.read(blobPath(images, part.digest));
    const size = (await io.files.status(blobPath(images, digest)))?.size ?? 0;
    const copied = await copyImage(
      io,
      read,
      name,
      { mediaType: mediaTypes.manifest, digest, size },
      architecture,
      made,
    );
    await io.files.write(join(made, "image.json"), JSON.stringify(copied));
  });
  const descriptor = JSON.parse(await io.files.readText(join(taken.folder, "image.json"))) as Descriptor;
  return { name, folder: taken.folder, descriptor };
};

/** Takes a selection out of a mirror. Rejects with DiagnosticError when it was made for something else. */
export const partsFromMirror = async (
  io: Io,
  cache: Cache,
  selection: Selection,
  options: MirrorOptions,
): Promise<Parts> => {
  const folder = options.kubernetes.mirror;
  if (folder === undefined) {
    throw refuse(
      "mirror/not-named",
      "`from: mirror` needs the mirror's folder",
      "name it with `--mirror DIR` or `kubernetes.mirror`",
    );
  }
  const lock = await readMirrorLock(io, folder);
  checkPurpose(folder, lock, options);
  const packages = selection.packages.map(({ name }) => findEntry(folder, lock, "package", name));
  const images = selection.images.map(({ name }) => {
    return { name, entry: findEntry(folder, lock, "container-image", splitReference(name).repository) };
  });
  return io.progress.stage(`reading the mirror ${folder}`, async () => ({
    packages: await Promise.all(packages.map((entry) => takePackage(io, cache, folder, entry))),
    images: await Promise.all(
      images.map(({ name, entry }) => takeImage(io, cache, folder, name, entry, options.architecture)),
    ),
    lock: [...packages, ...images.map(({ entry }) => entry)],
  }));
};
