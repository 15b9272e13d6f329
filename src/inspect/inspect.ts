// Finished artifacts → what they hold, for people and for comparison: images, seeds, rendered trees. Owns how each is read; makes nothing,
// boots nothing, needs no root, and tells no secret's value.
import { join } from "node:path";
import { DiagnosticError } from "../diagnostic.ts";
import { openUserCache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import { parseLock } from "../lock.ts";
import type { Artifact, LockEntry } from "../model.ts";
import { damaged, recognise } from "./artifact-kind.ts";
import { type FoundPartition, readDiskImage } from "./disk.ts";
import type { RootFacts } from "./root-facts.ts";
import { readSeed } from "./seed.ts";
import { type SeedFacts, seedFacts } from "./seed-facts.ts";
import { readTarRoot } from "./tar-root.ts";

export interface InspectedImage {
  readonly kind: "image";
  readonly format: "qcow2" | "raw" | "tar";
  /** Bytes of the file. */
  readonly fileSize: number;
  /** Bytes that a machine sees; undefined for a tar. */
  readonly diskSize: number | undefined;
  readonly partitions: readonly FoundPartition[];
  readonly root: RootFacts | undefined;
}

export interface InspectedSeed {
  readonly kind: "seed";
  readonly medium: "folder" | "iso" | "vfat";
  readonly volume: string;
  readonly seed: SeedFacts;
}

/** What lies beside a build's artifacts: src/manifest.ts. */
export interface BuildManifest {
  readonly name: string;
  readonly kimg: string;
  readonly role: string;
  readonly image: string;
  readonly kubernetes: string;
  readonly from: string;
  readonly artifacts: readonly Artifact[];
}

export interface InspectedBuild {
  readonly kind: "build";
  /** Undefined when only the lock is there. */
  readonly manifest: BuildManifest | undefined;
  readonly lock: readonly LockEntry[];
}

export interface InspectedTree {
  readonly kind: "rendered";
  /** By name of the node or pool. */
  readonly nodes: Readonly<Record<string, SeedFacts>>;
}

export type Inspected = InspectedImage | InspectedSeed | InspectedBuild | InspectedTree;

const parseManifest = (text: string, path: string): BuildManifest => {
  try {
    const value = JSON.parse(text) as BuildManifest;
    if (Array.isArray(value.artifacts)) return value;
  } catch {
    // Told below.
  }
  throw damaged(path, "it is no list of a build's artifacts");
};

const readBuild = async (io: Io, folder: string): Promise<InspectedBuild> => {
  const text = async (name: string): Promise<string | undefined> => {
    const path = join(folder, name);
    return (await io.files.status(path)) === undefined ? undefined : io.files.readText(path);
  };
  const [manifest, lock] = [await text("artifacts.json"), await text("kimg.lock")];
  return {
    kind: "build",
    manifest: manifest === undefined ? undefined : parseManifest(manifest, join(folder, "artifacts.json")),
    lock: lock === undefined ? [] : parseLock(lock, join(folder, "kimg.lock")),
  };
};

const readTree = async (io: Io, folder: string): Promise<InspectedTree> => {
  const nodes: Record<string, SeedFacts> = {};
  for (const name of await io.files.list(folder)) {
    const path = join(folder, name);
    if ((await io.files.status(join(path, "nocloud"))) === undefined) continue;
    nodes[name] = seedFacts((await readSeed(io, path, "seed-folder")).content);
  }
  return { kind: "rendered", nodes };
};

const readImage = async (
  io: Io,
  path: string,
  format: InspectedImage["format"],
  contents: boolean,
): Promise<InspectedImage> => {
  const fileSize = (await io.files.status(path))?.size ?? 0;
  if (format === "tar") {
    const root = await readTarRoot(io, path);
    return { kind: "image", format, fileSize, diskSize: undefined, partitions: [], root };
  }
  const { size, partitions, root } = await readDiskImage(io, openUserCache(io), path, format, contents);
  return { kind: "image", format, fileSize, diskSize: size, partitions, root };
};

/** With `contents` each file of an image has its digest. Rejects with DiagnosticError for what kimg does not know. */
export const inspectArtifact = async (io: Io, given: string, contents: boolean): Promise<Inspected> => {
  const { kind, path } = await recognise(io, given);
  if (kind === "qcow2" || kind === "raw" || kind === "tar") {
    return io.progress.stage(`reading ${given}`, () => readImage(io, path, kind, contents));
  }
  if (kind === "image-folder") return readBuild(io, path);
  if (kind === "rendered") return readTree(io, path);
  if (kind === "text") {
    const message = `${given} is a text, and neither an image nor a seed`;
    const hint = "`kimg explain` says what a cluster.yaml comes to";
    throw new DiagnosticError([{ severity: "error", code: "artifact/unknown", message, hint }]);
  }
  const { medium, volume, content } = await readSeed(io, path, kind);
  return { kind: "seed", medium, volume, seed: seedFacts(content) };
};
