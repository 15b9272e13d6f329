// What a program of somebody else calls: the commands' own straight line, without a terminal, without files where none are wanted.
// `src/index.ts` says what of it is public. Prints nothing; never ends the process.
import { join } from "node:path";
import type { z } from "zod";
import { type BuildCommandOptions, build as buildImages } from "./commands/build.ts";
import { judgeCluster, loadCluster, type LoadedCluster } from "./commands/check.ts";
import { writeTree } from "./commands/write-tree.ts";
import type { configSchema } from "./config/schema.ts";
import { type Diagnostic, DiagnosticError, UsageError } from "./diagnostic.ts";
import type { Io } from "./edge/io.ts";
import { type ProgressStyle, startProgress } from "./edge/progress.ts";
import { systemIo } from "./edge/system-io.ts";
import type { Cluster, DiskFormat, FileTree, Secrets, SupplySource } from "./model.ts";
import type { BuiltImage } from "./pipeline.ts";
import { renderCluster } from "./render/render.ts";
import { resolveCluster } from "./resolve/resolve.ts";
import { readSecrets, secretsPath } from "./secrets/file.ts";
import { generateSecrets } from "./secrets/secrets.ts";

/** What a cluster.yaml holds, as plain data: docs/config.md has every field. */
export type ClusterDocument = z.input<typeof configSchema>;

/** The path of a cluster.yaml, or what one holds; paths inside of it are then relative to the working folder. */
export type ClusterSource = string | ClusterDocument;

export interface CallOptions {
  /** Folders with roles/ and images/ of your own, in order; none when not given. */
  readonly libraries?: readonly string[];
  /** What is said on standard error meanwhile: nothing (`quiet`) when not given. */
  readonly progress?: ProgressStyle;
  /** Ends what runs; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const ioOf = ({ progress = "quiet", signal }: CallOptions): Io =>
  systemIo(startProgress(progress), signal ?? new AbortController().signal);

/** Of a document that was never a text, only the path says where something is. */
const withoutPlaces = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] =>
  diagnostics.map(({ severity, code, message, hint, path, at }) => ({
    ...{ severity, code, message },
    ...(hint === undefined ? {} : { hint }),
    ...(path === undefined ? {} : { path }),
    ...(at === undefined ? {} : { at }),
  }));

const loadDocument = async (io: Io, cluster: ClusterDocument, libraries: readonly string[]): Promise<LoadedCluster> => {
  const read = { text: JSON.stringify(cluster, undefined, 2), diagnostics: [] };
  try {
    const loaded = await judgeCluster(io, { cluster: "cluster.yaml", libraries }, read);
    return { ...loaded, warnings: withoutPlaces(loaded.warnings) };
  } catch (error) {
    throw error instanceof DiagnosticError ? new DiagnosticError(withoutPlaces(error.diagnostics)) : error;
  }
};

const load = async (io: Io, source: ClusterSource, { libraries = [] }: CallOptions) => {
  const loaded =
    typeof source === "string"
      ? await loadCluster(io, { cluster: source, libraries })
      : await loadDocument(io, source, libraries);
  const cluster = resolveCluster(loaded.config, loaded.library, loaded.manifests);
  return { cluster, warnings: loaded.warnings };
};

export interface Checked {
  /** Errors and warnings, in the order of their places. */
  readonly diagnostics: readonly Diagnostic[];
  /** With every default filled in; undefined when there is an error. */
  readonly cluster: Cluster | undefined;
}

/** As `kimg check`. What is wrong with the input is a result; rejects only when a file cannot be read for another reason. */
export const check = async (source: ClusterSource, options: CallOptions = {}): Promise<Checked> => {
  try {
    const { cluster, warnings } = await load(ioOf(options), source, options);
    return { diagnostics: warnings, cluster };
  } catch (error) {
    if (error instanceof DiagnosticError) return { diagnostics: error.diagnostics, cluster: undefined };
    throw error;
  }
};

export interface RenderCallOptions extends CallOptions {
  /** The cluster's trust, or the path of its file; beside cluster.yaml when not given. */
  readonly secrets?: Secrets | string;
  /** A file whose first line is the passphrase of the secrets file; KIMG_PASSPHRASE when not given. */
  readonly passphraseFile?: string;
  /** The folder that `<cluster>/` is written into, as `kimg render` does; nothing is written when not given. */
  readonly output?: string;
}

export interface Rendered {
  readonly cluster: Cluster;
  /** `<node>/nocloud/user-data`, `<node>/nocloud.iso`, `<node>/files/…` and the others of `build/<cluster>/`: they hold secrets. */
  readonly files: FileTree;
  readonly warnings: readonly Diagnostic[];
}

const trustOf = async (io: Io, source: ClusterSource, name: string, options: RenderCallOptions) => {
  const { secrets, passphraseFile } = options;
  if (typeof secrets === "object") return { secrets, warnings: [] };
  if (secrets === undefined && typeof source !== "string") {
    throw new UsageError("a cluster that is no file needs its secrets", "give `secrets`: makeSecrets makes them");
  }
  const path = secrets ?? secretsPath(source as string);
  return readSecrets(io, path, name, passphraseFile === undefined ? {} : { passphraseFile });
};

/** As `kimg render`. Rejects with DiagnosticError for input that is refused, UsageError for a call that makes no sense. */
export const render = async (source: ClusterSource, options: RenderCallOptions = {}): Promise<Rendered> => {
  const io = ioOf(options);
  const { cluster, warnings } = await load(io, source, options);
  const trust = await trustOf(io, source, cluster.name, options);
  const files = renderCluster(cluster, trust.secrets);
  if (options.output !== undefined) await writeTree(io, join(options.output, cluster.name), files);
  return { cluster, files, warnings: [...warnings, ...trust.warnings] };
};

/** A new cluster's trust, as `kimg secrets` makes it; `cluster` is its name. Keep it: it cannot be made again. */
export const makeSecrets = async (cluster: string): Promise<Secrets> => generateSecrets(ioOf({}), cluster);

export interface BuildCallOptions extends CallOptions {
  /** What the images become; those that `cluster` uses when not given. */
  readonly roles?: readonly string[];
  /** The path of a cluster.yaml whose images are built. */
  readonly cluster?: string;
  /** Base operating system; debian-13 when not given. */
  readonly image?: string;
  /** Exact version; kimg's newest when not given. */
  readonly kubernetes?: string;
  readonly from?: SupplySource;
  /** A folder that `kimg mirror create` made; implies `from: "mirror"`. */
  readonly mirror?: string;
  /** qcow2 when not given. */
  readonly formats?: readonly DiskFormat[];
  /** Refuse to make anything but what the image's kimg.lock says. */
  readonly locked?: boolean;
  /** The folder that images/ is made in; `build` when not given. */
  readonly output?: string;
}

/**
 * As `kimg build`: minutes, and the programs that it needs of the host. Rejects with DiagnosticError for input that is refused, ToolError
 * when a program or a host fails.
 */
export const build = async (options: BuildCallOptions): Promise<readonly BuiltImage[]> => {
  const { roles = [], libraries = [], formats = [], output = "build", progress: _, signal: __, ...rest } = options;
  const asked: BuildCommandOptions = {
    ...rest,
    role: roles,
    library: libraries,
    format: formats,
    output,
    arch: "amd64",
  };
  return buildImages(ioOf(options), asked);
};
