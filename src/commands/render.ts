// `kimg render`: cluster.yaml and the cluster's trust → build/<cluster>/<node>/.
import { join } from "node:path";
import type { Io } from "../edge/io.ts";
import { renderCluster } from "../render/render.ts";
import { resolveCluster } from "../resolve/resolve.ts";
import { readSecrets, secretsPath } from "../secrets/file.ts";
import type { PassphraseSource } from "../secrets/passphrase.ts";
import { loadCluster, type LoadOptions } from "./check.ts";
import { withWarnings } from "./warnings.ts";
import { writeTree } from "./write-tree.ts";

export interface RenderOptions extends LoadOptions, PassphraseSource {
  /** The secrets file; beside cluster.yaml when not given. */
  readonly secrets?: string;
  /** The folder that `<cluster>/` is made in. */
  readonly output: string;
}

/** What to print. Rejects with DiagnosticError; nothing is written then. */
export const render = async (io: Io, options: RenderOptions): Promise<string> => {
  const { config, library, warnings: ofCluster } = await loadCluster(io, options);
  const path = options.secrets ?? secretsPath(options.cluster);
  const { secrets, warnings: ofSecrets } = await readSecrets(io, path, config.name, options);
  const cluster = resolveCluster(config, library);
  const folder = join(options.output, cluster.name);
  const { written, removed, kept } = await io.progress.stage(`rendering ${cluster.name}`, async (stage) => {
    const result = await writeTree(io, folder, renderCluster(cluster, secrets));
    if (result.written + result.removed === 0) stage.reused();
    return result;
  });
  const changes = written + removed === 0 ? "nothing changed" : `${written} files written, ${removed} removed`;
  const left = kept.map((file) => `left alone, since it was changed by hand: ${file}`);
  const text = [`${folder}: seeds of ${cluster.nodes.length} nodes and pools (${changes})`, ...left].join("\n");
  return withWarnings(text, [...ofCluster, ...ofSecrets]);
};
