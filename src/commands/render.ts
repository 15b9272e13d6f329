// `kimg render`: cluster.yaml and the cluster's trust → build/<cluster>/<node>/, or what would change there.
import { join } from "node:path";
import { plainDiagnostic, type Diagnostic } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Cluster, Secrets } from "../model.ts";
import { renderSeeds } from "../render/render.ts";
import { describeChanges } from "./changes.ts";
import { findNode } from "./cluster-node.ts";
import { loadTrustedCluster, noteWarnings, type TrustedCluster, type TrustOptions } from "./trusted-cluster.ts";
import { withWarnings } from "./warnings.ts";
import { refuseForeign, treeChanges, type Within, type WriteResult, writeTree } from "./write-tree.ts";

/** Of commands that write seeds. */
export interface SeedsOptions extends TrustOptions {
  /** The folder that `<cluster>/` is made in. */
  readonly output: string;
}

export interface RenderOptions extends SeedsOptions {
  /** Only these nodes and pools; the others' seeds stay as they are. All when there are none. */
  readonly nodes?: readonly string[];
  readonly json?: boolean;
}

export interface Written extends WriteResult {
  readonly folder: string;
  readonly warnings: readonly Diagnostic[];
}

export const writeRendered = async (
  io: Io,
  cluster: Cluster,
  secrets: Secrets,
  output: string,
  only?: readonly string[],
): Promise<Written> => {
  const folder = join(output, cluster.name);
  return io.progress.stage(`rendering ${cluster.name}`, async (stage) => {
    const { tree, warnings } = renderSeeds(cluster, secrets, only);
    const result = await writeTree(io, folder, tree, withinNodes(only));
    if (result.written + result.removed.length === 0) stage.reused();
    return { folder, warnings, ...result };
  });
};

/** `cp1/nocloud/user-data` is of the form nocloud, `cp1/nocloud.iso` one by itself. */
const formOf = (path: string): string => path.split("/")[1] ?? path;

const formsOf = (paths: readonly string[]): string => {
  const counts = new Map<string, number>();
  for (const form of paths.map(formOf).toSorted()) counts.set(form, (counts.get(form) ?? 0) + 1);
  return [...counts].map(([form, count]) => `${form} (${count})`).join(", ");
};

export const describeWritten = ({ folder, written, removed, kept }: Written, ofWhom: string): string => {
  const same = written + removed.length === 0;
  const changes = same ? "nothing changed" : `${written} files written, ${removed.length} removed`;
  return [
    `${folder}: seeds of ${ofWhom} (${changes})`,
    ...(removed.length === 0
      ? []
      : [`removed, since an earlier call made them and this one does not: ${formsOf(removed)}`]),
    ...kept.map((file) => `left alone, since it was changed by hand: ${file}`),
  ].join("\n");
};

export const everybody = ({ nodes }: Cluster): string => `${nodes.length} nodes and pools`;

const whose = (cluster: Cluster, only: readonly string[] | undefined): string => only?.join(", ") ?? everybody(cluster);

const withinNodes = (only: readonly string[] | undefined): Within =>
  only === undefined ? () => true : (path) => only.some((name) => path.startsWith(`${name}/`));

/** Renders and writes the seeds of all, or `only` of these; what to print. Rejects with DiagnosticError; nothing is written then. */
export const writeSeeds = async (
  io: Io,
  cluster: Cluster,
  secrets: Secrets,
  output: string,
  only?: readonly string[],
): Promise<string> => {
  const written = await writeRendered(io, cluster, secrets, output, only);
  noteWarnings(io, written.warnings);
  return describeWritten(written, whose(cluster, only));
};

/** For before what cannot be taken back. Rejects with DiagnosticError when `writeSeeds` would. */
export const checkSeeds = async (
  io: Io,
  cluster: Cluster,
  secrets: Secrets,
  output: string,
  only?: readonly string[],
): Promise<void> => {
  const { tree } = renderSeeds(cluster, secrets, only);
  const { foreign } = await treeChanges(io, join(output, cluster.name), tree, withinNodes(only));
  refuseForeign(foreign);
};

/** As long as the cluster is new, one of its seeds can make it: once more, too, where it finds nothing of the first. */
export const unsealedWarnings = ({ state, nodes }: Cluster): readonly Diagnostic[] => {
  const init = nodes.find(({ role }) => role.bootstrap === "init");
  if (state === "existing" || init === undefined) return [];
  return [
    {
      severity: "warning",
      code: "render/not-sealed",
      message: `the seed of ${init.name} makes a cluster where it finds none`,
      hint: "as soon as the cluster stands: kimg seal. Then no seed can make a second one",
    },
  ];
};

/** Of the seeds that are made: those of the init node, where it is one of them. */
const ofNodes = (cluster: Cluster, only: readonly string[] | undefined): Cluster =>
  only === undefined ? cluster : { ...cluster, nodes: cluster.nodes.filter(({ name }) => only.includes(name)) };

interface Asked extends TrustedCluster {
  /** Undefined: all. */
  readonly only: readonly string[] | undefined;
}

const load = async (io: Io, options: RenderOptions): Promise<Asked> => {
  const trusted = await loadTrustedCluster(io, options);
  const { nodes = [] } = options;
  for (const name of nodes) findNode(trusted.cluster, name);
  return { ...trusted, only: nodes.length === 0 ? undefined : nodes };
};

const writtenJson = (written: Written, warnings: readonly Diagnostic[]): string =>
  JSON.stringify({ ...written, warnings: warnings.map(plainDiagnostic) }, undefined, 2);

/** What to print. Rejects with DiagnosticError; nothing is written then. */
export const render = async (io: Io, options: RenderOptions): Promise<string> => {
  const { cluster, secrets, warnings: before, only } = await load(io, options);
  const written = await writeRendered(io, cluster, secrets, options.output, only);
  const warnings = [...before, ...written.warnings, ...unsealedWarnings(ofNodes(cluster, only))];
  if (options.json === true) return writtenJson(written, warnings);
  return withWarnings(describeWritten(written, whose(cluster, only)), warnings, options.color);
};

/** What `render` would change, and whether that is nothing; writes nothing. Rejects with DiagnosticError. */
export const renderDifferences = async (
  io: Io,
  options: RenderOptions,
): Promise<{ readonly text: string; readonly same: boolean }> => {
  const { cluster, secrets, warnings: before, only } = await load(io, options);
  const { tree, warnings } = renderSeeds(cluster, secrets, only);
  noteWarnings(io, [...before, ...warnings]);
  const folder = join(options.output, cluster.name);
  const changes = await treeChanges(io, folder, tree, withinNodes(only));
  const text = await describeChanges(io, folder, changes, { secrets, json: options.json === true });
  return { text, same: Object.values(changes).every((paths) => paths.length === 0) };
};
