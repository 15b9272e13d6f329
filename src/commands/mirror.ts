// `kimg mirror create`: everything that builds need, in a folder that can be carried to where there is no network.
import { relative, resolve } from "node:path";
import { mapLimited } from "../concurrency.ts";
import { UsageError } from "../diagnostic.ts";
import { type Cache, openUserCache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import { type Build, packagesOfImages, packagesOfTools } from "../engines/disk/needed-packages.ts";
import {
  type Architecture,
  type BuildRequest,
  defaultSupply,
  diskFormats,
  type Library,
  type LockEntry,
  type SupplySource,
} from "../model.ts";
import { imageIndex, toolsIndex } from "../supply/mirror-archives.ts";
import { createMirror, refuseUsedFolder } from "../supply/mirror-create.ts";
import { type DistributionIndex, mergePackages } from "../supply/mirror-distribution.ts";
import { supply } from "../supply/supply.ts";
import { refreshArchive } from "../tools/archive.ts";
import { defaultImage, epochOf, pairsByFlags, refuseUnfit } from "./build.ts";
import { readLibrary } from "./check.ts";

export interface MirrorCommandOptions {
  /** Folder to make. */
  readonly folder: string;
  /** The roles that can be built from it; empty means every role that the image carries. */
  readonly role: readonly string[];
  readonly image?: string;
  readonly kubernetes?: string;
  readonly from?: SupplySource;
  readonly arch: Architecture;
  readonly library: readonly string[];
  readonly refresh?: boolean;
  readonly json?: boolean;
}

/** Every role that an image can become. */
const carriedRoles = ({ roles, images }: Library, name: string): string[] => {
  const carried = images.get(name)?.roles ?? [];
  return carried.length > 0 ? [...carried] : [...roles.keys()];
};

const requestsOf = (library: Library, options: MirrorCommandOptions, epoch: number): BuildRequest[] => {
  const role = options.role.length > 0 ? options.role : carriedRoles(library, options.image ?? defaultImage);
  const pairs = pairsByFlags(library, { ...options, role });
  refuseUnfit(pairs);
  const version = options.kubernetes ?? library.defaultKubernetesVersion;
  const kubernetes = { version, from: options.from ?? defaultSupply, mirror: undefined };
  return pairs.map((pair) => ({ ...pair, kubernetes, epoch, architecture: options.arch, formats: diskFormats }));
};

const supplied = async (io: Io, cache: Cache, request: BuildRequest): Promise<Build> => {
  const { role, kubernetes, architecture, epoch } = request;
  const parts = { packages: role.components, images: role.containerImages };
  return { request, supplied: await supply(io, cache, { kubernetes, architecture, epoch, ...parts }) };
};

/** One index for the image, whatever the role, and one for the tools. */
const indexesOf = async (io: Io, cache: Cache, requests: readonly BuildRequest[]): Promise<DistributionIndex[]> => {
  const builds = await mapLimited(requests, 2, (request) => supplied(io, cache, request));
  const needed = await packagesOfImages(io, cache, builds);
  const tools = await packagesOfTools(io, cache);
  const images = requests.slice(0, 1).map(({ image: { name, suite } }) => {
    return { path: imageIndex(name), suite, packages: mergePackages(needed.map(({ packages }) => packages)) };
  });
  return [...images, { ...tools, path: toolsIndex }];
};

const count = (entries: readonly LockEntry[], kind: LockEntry["kind"]): number =>
  entries.filter((entry) => entry.kind === kind).length;

const countLine = (number: number, what: string): string => `  ${String(number).padStart(4)} ${what}`;

/** What a mirror holds, and for which builds. */
const contents = (folder: string, requests: readonly BuildRequest[], entries: readonly LockEntry[]) => ({
  folder,
  kubernetes: requests[0]?.kubernetes.version,
  image: requests[0]?.image.name,
  roles: requests.map(({ role }) => role.name).toSorted(),
  packages: count(entries, "package"),
  containerImages: count(entries, "container-image"),
  distributionPackages: count(entries, "distribution-package"),
});

const describe = ({ folder, roles, ...held }: ReturnType<typeof contents>): string =>
  [
    `${folder}: Kubernetes ${held.kubernetes} and ${held.image}, for ${roles.join(", ")}`,
    countLine(held.packages, "packages of Kubernetes and its companions"),
    countLine(held.containerImages, "container images"),
    countLine(held.distributionPackages, "packages of Debian"),
    `use it: kimg build --role ${roles.includes("worker") ? "worker" : roles[0]} --mirror ${folder}`,
  ].join("\n");

export const mirrorCreate = async (io: Io, options: MirrorCommandOptions): Promise<string> => {
  const from = options.from ?? defaultSupply;
  if (from === "mirror")
    throw new UsageError("a mirror is not made from a mirror", "copy the folder, or take --from modules");
  const folder = resolve(options.folder);
  await refuseUsedFolder(io, folder);
  const epoch = epochOf(io.environment);
  const requests = requestsOf(await readLibrary(io, options.library), options, epoch);
  const cache = openUserCache(io);
  if (options.refresh) await refreshArchive(io, cache);
  const lock = await createMirror(io, cache, {
    folder,
    kubernetes: requests[0]?.kubernetes.version ?? "",
    from,
    architecture: options.arch,
    parts: {
      packages: [...new Set(requests.flatMap(({ role }) => role.components))],
      images: [...new Set(requests.flatMap(({ role }) => role.containerImages))],
    },
    indexes: await indexesOf(io, cache, requests),
    epoch,
  });
  const made = contents(relative(".", folder) || ".", requests, lock.entries);
  return options.json === true ? JSON.stringify(made, undefined, 2) : describe(made);
};
