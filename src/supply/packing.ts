// Programs packed under upstream's names: .deb packages and container images, each kept by the hash of what is in it. Owns what a
// package or image holds; must not know where its programs came from.
import { join } from "node:path";
import { type Cache, canonicalHash } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import type { Architecture, JsonValue } from "../model.ts";
import type { BaseLayer } from "./base-layer.ts";
import { type Content, readPackagedFile } from "./components.ts";
import { type BuiltPackage, buildDeb, type DebianPackageContent } from "./deb.ts";
import { blobPath, type Descriptor, mediaTypes, writeImage } from "./oci-layout.ts";
import type { ChosenImage, ChosenPackage } from "./selection.ts";
import { type TarEntry, type TarTree, writeTar } from "./tar.ts";

/** A program on the disk. */
export interface PackedProgram {
  readonly path: string;
  /** Stands for its bytes in cache keys. */
  readonly key: string;
}

export interface PackingOptions {
  readonly architecture: Architecture;
  /** Seconds since 1970, given to every file. */
  readonly epoch: number;
}

/** A package in the cache. */
export interface StoredPackage extends BuiltPackage {
  readonly path: string;
  readonly version: string;
}

/** An image in the cache: a folder with `blobs/`, and the descriptor of its manifest. */
export interface StoredImage {
  readonly name: string;
  readonly folder: string;
  readonly descriptor: Descriptor;
}

/** Raise it when the same content would be packed into other bytes. */
const recipe = 1;

/** Lower than any revision of upstream's (1.37.2-1.1), so that a node can move to upstream's package of the same version. */
const revision = "0kimg1";

const relative = (path: string): string => path.replace(/^\//, "");

/** Of each file that is not a program. */
const readFiles = async (
  io: Io,
  files: Readonly<Record<string, Content>>,
): Promise<ReadonlyMap<string, Uint8Array>> => {
  const names = Object.values(files).flatMap((content) => ("file" in content ? [content.file] : []));
  return new Map(await Promise.all(names.map(async (name) => [name, await readPackagedFile(io, name)] as const)));
};

type ProgramOf = (name: string) => PackedProgram;

const packageTree = (from: ChosenPackage, programOf: ProgramOf, files: ReadonlyMap<string, Uint8Array>): TarTree =>
  new Map<string, TarEntry>([
    ...from.folders.map((path) => [relative(path), { kind: "folder", mode: 0o755 }] as const),
    ...Object.entries(from.files).map(([path, content]): [string, TarEntry] => [
      relative(path),
      "program" in content
        ? { kind: "disk", mode: 0o755, path: programOf(content.program).path }
        : { kind: "file", mode: 0o644, bytes: files.get(content.file) ?? new Uint8Array() },
    ]),
  ]);

const packageKey = (from: ChosenPackage, programOf: ProgramOf, files: ReadonlyMap<string, Uint8Array>) => ({
  name: from.name,
  version: from.component.version,
  homepage: from.component.homepage,
  summary: from.summary,
  depends: from.depends,
  recommends: from.recommends,
  folders: from.folders,
  files: from.files,
  contents: [...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString("hex")]),
  programs: Object.values(from.files).map((content) => ("program" in content ? programOf(content.program).key : null)),
});

/** The package as a .deb, written where the cache does not have it. */
export const packPackage = async (
  io: Io,
  cache: Cache,
  from: ChosenPackage,
  programOf: ProgramOf,
  options: PackingOptions,
): Promise<StoredPackage> => {
  const files = await readFiles(io, from.files);
  const content: DebianPackageContent = {
    name: from.name,
    version: `${from.component.version}-${revision}`,
    architecture: options.architecture,
    summary: from.summary,
    homepage: from.component.homepage,
    depends: from.depends,
    recommends: from.recommends,
    configuration: Object.entries(from.files).flatMap(([path, file]) =>
      "file" in file && file.configuration ? [path] : [],
    ),
    tree: packageTree(from, programOf, files),
  };
  const input = { recipe, revision, ...options, content: packageKey(from, programOf, files) as JsonValue };
  const kind = { kind: "package", name: `${content.name} ${content.version}` };
  const { folder } = await cache.entry(kind, input, async (made) => {
    const built = await buildDeb(io, content, made, options.epoch);
    await io.files.write(join(made, "package.json"), JSON.stringify(built));
  });
  const built = JSON.parse(await io.files.readText(join(folder, "package.json"))) as BuiltPackage;
  return { ...built, path: join(folder, built.fileName), version: content.version };
};

const imageTree = (from: ChosenImage, programOf: ProgramOf): TarTree =>
  new Map(
    Object.entries(from.files).map(([path, { program }]) => [
      relative(path),
      { kind: "disk", mode: 0o755, path: programOf(program).path },
    ]),
  );

const writeLayer = async (io: Io, folder: string, tree: TarTree, epoch: number): Promise<Descriptor> => {
  const beside = join(folder, "layer.tar");
  const { sha256, size } = await writeTar(io, tree, beside, { epoch });
  const digest = `sha256:${sha256}`;
  await io.files.makeFolder(join(folder, "blobs/sha256"));
  await io.files.rename(beside, blobPath(folder, digest));
  return { mediaType: mediaTypes.layer, digest, size };
};

/** The image as blobs, written where the cache does not have it. `base` comes below the layer with its programs. */
export const packImage = async (
  io: Io,
  cache: Cache,
  from: ChosenImage,
  base: BaseLayer | undefined,
  programOf: ProgramOf,
  options: PackingOptions,
): Promise<StoredImage> => {
  const configuration = {
    architecture: options.architecture,
    epoch: options.epoch,
    entrypoint: from.entrypoint,
    command: from.command,
    user: from.user,
    labels: {
      "org.opencontainers.image.version": from.component.version,
      "org.opencontainers.image.url": from.component.homepage,
    },
  };
  const programs = Object.entries(from.files).map(([path, { program }]) => [path, programOf(program).key]);
  const input = { recipe, configuration: canonicalHash(configuration as unknown as JsonValue), programs };
  const key = { ...input, base: base?.descriptor.digest ?? null };
  const { folder } = await cache.entry({ kind: "container-image", name: from.name }, key, async (made) => {
    const own = await writeLayer(io, made, imageTree(from, programOf), options.epoch);
    if (base !== undefined) await io.files.copy(base.path, blobPath(made, base.descriptor.digest));
    const layers = base === undefined ? [own] : [base.descriptor, own];
    const descriptor = await writeImage(io, made, configuration, layers);
    await io.files.write(join(made, "image.json"), JSON.stringify(descriptor));
  });
  const descriptor = JSON.parse(await io.files.readText(join(folder, "image.json"))) as Descriptor;
  return { name: from.name, folder, descriptor };
};
