// `kimg render`: cluster.yaml and the cluster's trust → build/<cluster>/<node>/, or what would change there.
import { join } from "node:path";
import type { Diagnostic } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Cluster, Secrets } from "../model.ts";
import { renderSeeds } from "../render/render.ts";
import { describeChanges } from "./changes.ts";
import { findNode } from "./cluster-node.ts";
import { loadTrustedCluster, noteWarnings, type TrustOptions } from "./trusted-cluster.ts";
import { withWarnings } from "./warnings.ts";
import { treeChanges, type Within, writeTree } from "./write-tree.ts";

/** Of commands that write seeds. */
export interface SeedsOptions extends TrustOptions {
  /** The folder that `<cluster>/` is made in. */
  readonly output: string;
}

export interface RenderOptions extends SeedsOptions {
  /** Only these nodes and pools; the others' seeds stay as they are. All when there are none. */
  readonly nodes?: readonly string[];
  /** Say what would change, and write nothing. */
  readonly diff?: boolean;
  readonly json?: boolean;
}

const writeRendered = async (
  io: Io,
  cluster: Cluster,
  secrets: Secrets,
  output: string,
  only?: readonly string[],
): Promise<{ readonly text: string; readonly warnings: readonly Diagnostic[] }> => {
  const folder = join(output, cluster.name);
  const { warnings, result } = await io.progress.stage(`rendering ${cluster.name}`, async (stage) => {
    const rendered = renderSeeds(cluster, secrets, only);
    const written = await writeTree(io, folder, rendered.tree, withinNodes(only));
    if (written.written + written.removed === 0) stage.reused();
    return { warnings: rendered.warnings, result: written };
  });
  const { written, removed, kept } = result;
  const changes = written + removed === 0 ? "nothing changed" : `${written} files written, ${removed} removed`;
  const left = kept.map((file) => `left alone, since it was changed by hand: ${file}`);
  const whose = only === undefined ? `${cluster.nodes.length} nodes and pools` : only.join(", ");
  return { text: [`${folder}: seeds of ${whose} (${changes})`, ...left].join("\n"), warnings };
};

const withinNodes = (only: readonly string[] | undefined): Within =>
  only === undefined ? () => true : (path) => only.some((name) => path.startsWith(`${name}/`));

/** Renders and writes every seed; what to print. Rejects with DiagnosticError; nothing is written then. */
export const writeSeeds = async (io: Io, cluster: Cluster, secrets: Secrets, output: string): Promise<string> => {
  const { text, warnings } = await writeRendered(io, cluster, secrets, output);
  noteWarnings(io, warnings);
  return text;
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

/** What to print. Rejects with DiagnosticError; nothing is written then. */
export const render = async (io: Io, options: RenderOptions): Promise<string> => {
  const { cluster, secrets, warnings: before } = await loadTrustedCluster(io, options);
  const { nodes = [], json = false } = options;
  for (const name of nodes) findNode(cluster, name);
  const only = nodes.length === 0 ? undefined : nodes;
  if (options.diff === true) {
    const { tree, warnings } = renderSeeds(cluster, secrets, only);
    noteWarnings(io, [...before, ...warnings]);
    const folder = join(options.output, cluster.name);
    const changes = await treeChanges(io, folder, tree, withinNodes(only));
    return describeChanges(io, folder, changes, { secrets, json });
  }
  const { text, warnings } = await writeRendered(io, cluster, secrets, options.output, only);
  return withWarnings(text, [...before, ...warnings, ...unsealedWarnings(ofNodes(cluster, only))], options.color);
};
