// Where the lab keeps what is its own, and the name that everything of it bears which is not a file. Must not run anything.
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { UsageError } from "../../src/diagnostic.ts";
import { cacheFolder } from "../../src/edge/cache.ts";
import type { Io } from "../../src/edge/io.ts";

export interface Place {
  readonly folder: string;
  /** Network namespaces and cgroups have this name, or begin with it. */
  readonly name: string;
  readonly path: (...parts: readonly string[]) => string;
  /** One machine's folder: its disk, its console, who runs it. */
  readonly machine: (name: string, ...parts: readonly string[]) => string;
}

const marker = ".kimg-lab";

/** Beside the cache and not in it: `kimg cache prune` would take it for a very large entry. */
const labFolder = (environment: Io["environment"]): string =>
  resolve(environment["KIMG_LAB"] || `${resolve(cacheFolder(environment))}-lab`);

const placeIn = (folder: string): Place => {
  const digest = createHash("sha256").update(folder).digest("hex").slice(0, 6);
  const path = (...parts: readonly string[]): string => join(folder, ...parts);
  return { folder, name: `kimg-lab-${digest}`, path, machine: (name, ...parts) => path("machines", name, ...parts) };
};

/** Makes the folder. Rejects with UsageError when there are files in it that the lab has not made. */
export const openPlace = async ({ files, environment }: Pick<Io, "files" | "environment">): Promise<Place> => {
  const place = placeIn(labFolder(environment));
  await files.makeFolder(place.folder);
  const names = await files.list(place.folder);
  if (names.length > 0 && !names.includes(marker)) {
    throw new UsageError(`${place.folder} is not empty and not a lab's`, "set KIMG_LAB to a folder of its own");
  }
  await files.write(place.path(marker), "Made by kimg's lab. With no lab running it may be removed as a whole.\n");
  return place;
};

/** Mount points at a path or below it, as /proc/PID/mountinfo lists them (proc(5)). */
export const mountsBelow = (mountinfo: string, path: string): readonly string[] =>
  mountinfo
    .split("\n")
    .map((line) => (line.split(" ")[4] ?? "").replaceAll(/\\([0-7]{3})/g, (_, octal: string) => octalCharacter(octal)))
    .filter((point) => point === path || point.startsWith(`${path}/`));

const octalCharacter = (octal: string): string => String.fromCodePoint(Number.parseInt(octal, 8));

/** Removes something of the lab's; throws when it is not below the lab's folder, or when something is mounted below it. */
export const removeFrom = async (place: Place, files: Io["files"], path: string): Promise<void> => {
  if (!path.startsWith(`${place.folder}/`)) throw new Error(`${path} is not the lab's to remove`);
  const mounts = mountsBelow(await files.readText("/proc/self/mountinfo"), path);
  if (mounts.length > 0) throw new Error(`${path} is left alone: ${mounts.join(", ")} is mounted`);
  await files.remove(path);
};
