// `kimg check`: cluster.yaml and the library, read and judged. Nothing is made; every later command begins with `loadCluster`.
import type { Config, ReadManifests, ReadShape } from "../config/index.ts";
import { judgeConfig, place, readConfig, readManifests, sorted } from "../config/index.ts";
import { type ReadText, readText } from "../config/read-file.ts";
import type { Source } from "../config/source.ts";
import { shippedFolder } from "../content.ts";
import type { Diagnostic, DiagnosticFormat } from "../diagnostic.ts";
import { DiagnosticError, diagnosticsJson } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import { checkTemplates, loadLibrary } from "../library/index.ts";
import type { Bootstrap, DatasourceName, Library } from "../model.ts";
import { templateShape } from "../render/context.ts";
import { metadataNames } from "../render/metadata.ts";
import { resolveCluster } from "../resolve/resolve.ts";
import { workflowCommands } from "../workflow-commands.ts";
import { programDiagnostics } from "./check-programs.ts";
import { withWarnings } from "./warnings.ts";

export interface LoadOptions {
  /** Path of cluster.yaml. */
  readonly cluster: string;
  /** Each `--library DIR`, in the order given. */
  readonly libraries: readonly string[];
  /** In place of the datasources that cluster.yaml names. */
  readonly datasources?: readonly DatasourceName[];
  /** Colours in what is to be printed; none when not given. */
  readonly color?: boolean;
}

export interface LoadedCluster {
  readonly config: Config;
  readonly library: Library;
  /** Texts of the manifests that the config names, by the path that is written there. */
  readonly manifests: ReadonlyMap<string, string>;
  readonly warnings: readonly Diagnostic[];
  /** The document as it was read, and where each part of it stands. */
  readonly source: Source;
}

const missingClusterHint = "`kimg init` writes a cluster.yaml to start from";

const hasError = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ severity }) => severity === "error");

/** The roles and images alone, for commands that need no cluster. Rejects with DiagnosticError. */
export const readLibrary = async (io: Io, libraries: readonly string[]): Promise<Library> => {
  const { library, diagnostics } = await loadLibrary(io, [shippedFolder, ...libraries]);
  if (hasError(diagnostics)) throw new DiagnosticError(diagnostics);
  return library;
};

/**
 * Reads and checks cluster.yaml and the library. Rejects with DiagnosticError, which then holds the warnings too. Rules wait
 * until the library is whole: they would miss roles that are only misspelt.
 */
export const loadCluster = async (io: Io, options: LoadOptions): Promise<LoadedCluster> =>
  judgeCluster(io, options, await readText(io.files, options.cluster, missingClusterHint));

/** The same of a text that has been read. */
export const judgeCluster = async (
  io: Io,
  options: LoadOptions,
  { text, diagnostics: inFile }: ReadText,
): Promise<LoadedCluster> => {
  const { library, diagnostics: inLibrary } = await loadLibrary(io, [shippedFolder, ...options.libraries]);
  const inTemplates = [...library.roles.values()].flatMap((role) =>
    checkTemplates(role, templateShape(role), metadataNames(role.bootstrap)),
  );
  const written = text === undefined ? { diagnostics: inFile } : readConfig(text, options.cluster);
  const shape = withDatasources(written, options.datasources);
  const read = hasError(inLibrary) ? shape : judgeConfig(shape, library);
  const manifests = await manifestsOf(io, options.cluster, shape);
  const all = sorted([...inLibrary, ...inTemplates, ...read.diagnostics, ...manifests.diagnostics]);
  if (hasError(all) || read.config === undefined || shape.source === undefined) throw new DiagnosticError(all);
  return { config: read.config, library, manifests: manifests.texts, warnings: all, source: shape.source };
};

/** Rules judge what will be rendered, whether the document says so or the command line. */
const withDatasources = (shape: ReadShape, datasources: LoadOptions["datasources"]): ReadShape => {
  const { config } = shape;
  if (config === undefined || datasources === undefined) return shape;
  const { seedUrl } = config.platform;
  const served = seedUrl !== undefined && datasources.includes("nocloud-http");
  return { ...shape, config: { ...config, platform: { datasource: datasources, ...(served ? { seedUrl } : {}) } } };
};

/** Those that the document names, whatever else is wrong with it. */
const manifestsOf = async (io: Io, cluster: string, { config, source }: ReadShape): Promise<ReadManifests> => {
  if (config === undefined || source === undefined) return { texts: new Map(), diagnostics: [] };
  const { texts, diagnostics } = await readManifests(io.files, cluster, config);
  return { texts, diagnostics: place(diagnostics, source) };
};

const nouns = {
  "load-balancer": "load balancer",
  init: "master",
  "join-control-plane": "master",
  "join-worker": "worker",
  none: "machine",
} as const satisfies Readonly<Record<Bootstrap, string>>;

/** "1 load balancer, 3 masters, 10 workers". */
const machines = (config: Config, library: Library): string => {
  const counts = new Map<string, number>(Object.values(nouns).map((noun) => [noun, 0]));
  for (const entry of [...config.nodes, ...config.pools]) {
    const role = library.roles.get(entry.role);
    if (role === undefined) continue;
    const noun = nouns[role.bootstrap];
    counts.set(noun, (counts.get(noun) ?? 0) + ("count" in entry ? entry.count : 1));
  }
  return [...counts]
    .filter(([, count]) => count > 0)
    .map(([noun, count]) => `${count} ${noun}${count === 1 ? "" : "s"}`)
    .join(", ");
};

export interface CheckOptions extends LoadOptions {
  readonly format: DiagnosticFormat;
  /** Ask kubeadm, cloud-init, HAProxy and Packer as well. */
  readonly programs?: boolean;
}

/** With what the programs say; rejects with DiagnosticError when one refuses something. */
const warningsOfPrograms = async (
  io: Io,
  { config, library, manifests, source, warnings }: LoadedCluster,
): Promise<readonly Diagnostic[]> => {
  const cluster = resolveCluster(config, library, manifests);
  const said = await programDiagnostics(io, cluster, source);
  const all = sorted([...warnings, ...place(said, source)]);
  if (hasError(said)) throw new DiagnosticError(all);
  return all;
};

/** What to print when there is no error; rejects with DiagnosticError when there is. */
export const check = async (io: Io, options: CheckOptions): Promise<string> => {
  const loaded = await loadCluster(io, options);
  const { config, library } = loaded;
  const warnings = options.programs === true ? await warningsOfPrograms(io, loaded) : loaded.warnings;
  if (options.format === "json") return diagnosticsJson(warnings);
  const version = config.kubernetes.version ?? library.defaultKubernetesVersion;
  const summary = `${options.cluster} is right: cluster ${config.name}, ${machines(config, library)}, Kubernetes ${version}`;
  if (options.format === "github")
    return [workflowCommands(warnings), summary].filter((each) => each !== "").join("\n");
  return withWarnings(summary, warnings, options.color);
};
