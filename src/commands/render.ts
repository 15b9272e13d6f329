// `kimg render`: cluster.yaml and the cluster's trust → build/<cluster>/<node>/.
import { join } from "node:path";
import type { Diagnostic } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Cluster, Secrets } from "../model.ts";
import { renderCluster } from "../render/render.ts";
import { loadTrustedCluster, type TrustOptions } from "./trusted-cluster.ts";
import { withWarnings } from "./warnings.ts";
import { writeTree } from "./write-tree.ts";

export interface RenderOptions extends TrustOptions {
  /** The folder that `<cluster>/` is made in. */
  readonly output: string;
}

/** Renders and writes every seed; what to print. Rejects with DiagnosticError; nothing is written then. */
export const writeSeeds = async (io: Io, cluster: Cluster, secrets: Secrets, output: string): Promise<string> => {
  const folder = join(output, cluster.name);
  const { written, removed, kept } = await io.progress.stage(`rendering ${cluster.name}`, async (stage) => {
    const result = await writeTree(io, folder, renderCluster(cluster, secrets));
    if (result.written + result.removed === 0) stage.reused();
    return result;
  });
  const changes = written + removed === 0 ? "nothing changed" : `${written} files written, ${removed} removed`;
  const left = kept.map((file) => `left alone, since it was changed by hand: ${file}`);
  return [`${folder}: seeds of ${cluster.nodes.length} nodes and pools (${changes})`, ...left].join("\n");
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

/** What to print. Rejects with DiagnosticError; nothing is written then. */
export const render = async (io: Io, options: RenderOptions): Promise<string> => {
  const { cluster, secrets, warnings } = await loadTrustedCluster(io, options);
  const text = await writeSeeds(io, cluster, secrets, options.output);
  return withWarnings(text, [...warnings, ...unsealedWarnings(cluster)], options.color);
};
