// `kimg build`: which images are asked for, then one pipeline for each, and what a person wants to know at the end.
import { join, relative, resolve } from "node:path";
import { type Diagnostic, DiagnosticError, UsageError } from "../diagnostic.ts";
import { didYouMean } from "../did-you-mean.ts";
import { mapLimited } from "../concurrency.ts";
import { openUserCache } from "../edge/cache.ts";
import { pruneEntries } from "../edge/cache-size.ts";
import type { Io } from "../edge/io.ts";
import { shellLine } from "../edge/processes.ts";
import { formatSeconds, type StageTime } from "../edge/progress.ts";
import {
  type Architecture,
  type Artifact,
  type BuildRequest,
  type Cluster,
  type DiskFormat,
  type Engine,
  type Image,
  type Library,
  type Role,
  type SupplySource,
  defaultSupply,
} from "../model.ts";
import { type BuiltImage, buildImage } from "../pipeline.ts";
import { refreshArchive } from "../tools/archive.ts";
import { resolveCluster } from "../resolve/resolve.ts";
import { cacheLimit } from "./cache.ts";
import { costOf } from "./cache-kinds.ts";
import { loadCluster, readLibrary } from "./check.ts";
import { formatSize, formatTable } from "./words.ts";

export interface BuildCommandOptions {
  readonly role: readonly string[];
  readonly image?: string;
  readonly kubernetes?: string;
  readonly from?: SupplySource;
  readonly mirror?: string;
  readonly arch: Architecture;
  readonly format: readonly DiskFormat[];
  /** A cluster.yaml whose images are all built. */
  readonly cluster?: string;
  readonly library: readonly string[];
  readonly locked?: boolean;
  readonly refresh?: boolean;
  readonly output: string;
  readonly engine?: Engine;
  /** Of Packer's; the engine packer builds each image with each of them. */
  readonly builder?: readonly string[];
  /** Variables of the template, `name=value`, and files with such. */
  readonly var?: readonly string[];
  readonly varFile?: readonly string[];
}

/** What says which images are meant. */
export type ImageOptions = Pick<
  BuildCommandOptions,
  "role" | "image" | "kubernetes" | "from" | "mirror" | "cluster" | "library"
>;

/** 2025-01-01T00:00:00Z: files of every build bear this time, unless SOURCE_DATE_EPOCH (reproducible-builds.org) says otherwise. */
const defaultEpoch = 1_735_689_600;

export const epochOf = (environment: Io["environment"]): number => {
  const given = environment["SOURCE_DATE_EPOCH"];
  if (given === undefined || given === "") return defaultEpoch;
  if (/^\d+$/.test(given)) return Number(given);
  throw new UsageError(`SOURCE_DATE_EPOCH is "${given}"`, "it takes seconds since 1970-01-01, as a whole number");
};

/** What to build, whether it was said by flags or by a cluster. */
export interface Wanted {
  readonly pairs: readonly { readonly role: Role; readonly image: Image }[];
  readonly kubernetes: BuildRequest["kubernetes"];
}

const unknown = (what: "role" | "image", name: string, known: readonly string[], of = "known"): Diagnostic => ({
  severity: "error",
  code: `build/unknown-${what}`,
  message: `no ${what} "${name}"${didYouMean(name, known)}`,
  hint: `${of} ${what}s: ${known.toSorted().join(", ")}`,
});

const unfit = (role: Role, image: Image): Diagnostic => ({
  severity: "error",
  code: "build/image-without-role",
  message: `the image "${image.name}" does not carry the role "${role.name}"`,
  hint: `its image.yaml names: ${image.roles.join(", ")}`,
});

export const defaultImage = "debian-13";

/** Rejects with DiagnosticError for names that the library does not have. */
export const pairsByFlags = (
  library: Library,
  options: Pick<BuildCommandOptions, "image" | "role">,
): Wanted["pairs"] => {
  const name = options.image ?? defaultImage;
  const image = library.images.get(name);
  const roles = [...new Set(options.role)].map((each) => library.roles.get(each) ?? each);
  const complaints = [
    ...(image === undefined ? [unknown("image", name, [...library.images.keys()])] : []),
    ...roles.filter((role) => typeof role === "string").map((role) => unknown("role", role, [...library.roles.keys()])),
  ];
  if (complaints.length > 0 || image === undefined) throw new DiagnosticError(complaints);
  return roles.filter((role) => typeof role !== "string").map((role) => ({ role, image }));
};

const distinctPairs = (nodes: Cluster["nodes"]): Wanted["pairs"] => [
  ...new Map(nodes.map(({ role, image }) => [`${role.name} ${image.name}`, { role, image }])).values(),
];

/** Those that flags name of it, or all. Throws DiagnosticError for what no node has. */
export const pairsOfCluster = (
  { nodes }: Cluster,
  { role: roles, image }: Pick<BuildCommandOptions, "image" | "role">,
): Wanted["pairs"] => {
  const asked = roles.length === 0 ? nodes : nodes.filter(({ role }) => roles.includes(role.name));
  const chosen = image === undefined ? asked : asked.filter((node) => node.image.name === image);
  const known = [...new Set(nodes.map(({ role }) => role.name))];
  const complaints = roles
    .filter((name) => !known.includes(name))
    .map((name) => unknown("role", name, known, "the cluster's"));
  if (complaints.length === 0 && chosen.length === 0 && image !== undefined) {
    complaints.push(unknown("image", image, [...new Set(asked.map((node) => node.image.name))], "the cluster's"));
  }
  if (complaints.length > 0) throw new DiagnosticError(complaints);
  return distinctPairs(chosen);
};

/** With --cluster the cluster decides, and flags narrow; without, flags and defaults do. */
export const wanted = async (io: Io, options: ImageOptions): Promise<Wanted> => {
  const said = { from: options.mirror === undefined ? options.from : ("mirror" as const), mirror: options.mirror };
  if (options.cluster !== undefined) {
    const { config, library, manifests } = await loadCluster(io, {
      cluster: options.cluster,
      libraries: options.library,
    });
    const cluster = resolveCluster(config, library, manifests);
    const { version, from, mirror } = cluster.kubernetes;
    return {
      pairs: pairsOfCluster(cluster, options),
      kubernetes: { version: options.kubernetes ?? version, from: said.from ?? from, mirror: said.mirror ?? mirror },
    };
  }
  if (options.role.length === 0) {
    throw new UsageError("which role?", "--role worker, or --cluster cluster.yaml for all that it needs");
  }
  const library = await readLibrary(io, options.library);
  return {
    pairs: pairsByFlags(library, options),
    kubernetes: {
      version: options.kubernetes ?? library.defaultKubernetesVersion,
      from: said.from ?? defaultSupply,
      mirror: said.mirror,
    },
  };
};

export const requests = (
  { pairs, kubernetes }: Wanted,
  options: Pick<BuildCommandOptions, "arch" | "format">,
  epoch: number,
): BuildRequest[] => {
  const formats = options.format.length === 0 ? (["qcow2"] as const) : [...new Set(options.format)].toSorted();
  return pairs.map(({ role, image }) => ({
    ...{ role, image, kubernetes, formats, epoch },
    architecture: options.arch,
  }));
};

export const refuseUnfit = (wantedPairs: Wanted["pairs"]): void => {
  const complaints = wantedPairs
    .filter(({ role, image }) => image.roles.length > 0 && !image.roles.includes(role.name))
    .map(({ role, image }) => unfit(role, image));
  if (complaints.length > 0) throw new DiagnosticError(complaints);
};

const refuseMixedEngines = ({ engine, builder = [], var: variables = [], varFile = [] }: BuildCommandOptions): void => {
  if (engine === "packer" || [...builder, ...variables, ...varFile].length === 0) return;
  throw new UsageError("--builder, --var and --var-file are for Packer", "add --engine packer");
};

/** Builds every image asked for, two at a time: stages that they share are made once, and one's disk work fills the other's waits. */
export const build = async (io: Io, options: BuildCommandOptions): Promise<readonly BuiltImage[]> => {
  refuseMixedEngines(options);
  const epoch = epochOf(io.environment);
  const asked = await wanted(io, options);
  refuseUnfit(asked.pairs);
  const cache = openUserCache(io);
  if (options.refresh) await refreshArchive(io, cache);
  const started = io.now();
  const place = { output: resolve(options.output, "images"), locked: options.locked ?? false };
  const built = await mapLimited(requests(asked, options, epoch), 2, (request) =>
    buildImage(io, cache, request, place),
  );
  if (built.some(({ unchanged }) => !unchanged)) {
    await pruneEntries(io, cache.folder, { limit: cacheLimit(io), keepAfter: started, costOf });
  }
  return built;
};

const isDisk = ({ kind }: Artifact): boolean => kind === "qcow2" || kind === "raw";

/** Copy-pasteable: an image boots by itself, and becomes a node with a seed. */
const bootHint = (folder: string): readonly string[] => [
  "  boot it, with --seed and the folder of a node or pool that `kimg render` wrote:",
  `    ${shellLine({ argv: ["kimg", "boot", folder, "--console"] })}`,
];

const describeImage = ({ name, folder, artifacts, unchanged }: BuiltImage): string => {
  const place = relative(".", folder) || ".";
  const rows = artifacts.map((artifact) => [
    ...["", join(place, artifact.path), formatSize(artifact.size)],
    ...[`sha256:${artifact.sha256}`, artifact.purpose],
  ]);
  return [
    `${name}${unchanged ? ": nothing changed" : ""}`,
    formatTable(rows),
    ...(artifacts.some(isDisk) ? bootHint(place) : []),
  ].join("\n");
};

/** The result as people read it. */
export const describeBuilt = (built: readonly BuiltImage[], times: readonly StageTime[]): string => {
  const made = times.filter(({ reused, seconds }) => !reused && seconds >= 0.05);
  const stages = formatTable(made.map(({ stage, seconds }) => ["", formatSeconds(seconds).padStart(12), stage]));
  return [...built.map(describeImage), ...(made.length === 0 ? [] : ["time by stage", stages])].join("\n");
};
