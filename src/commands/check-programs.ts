// `kimg check --with-programs`: what is rendered, given to those who will read it. Their complaints come back to the place that caused them:
// in cluster.yaml, in a role's template, in an image.yaml. What of a seed is the role's own has no place, and the role is named.
import type { Source } from "../config/source.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { openUserCache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import type { Cluster, Node } from "../model.ts";
import { judgeByCloudInit } from "../programs/ask-cloud-init.ts";
import { judgeByHaproxy } from "../programs/ask-haproxy.ts";
import { judgeByKubeadm } from "../programs/ask-kubeadm.ts";
import { judgeByPacker } from "../programs/ask-packer.ts";
import type { Judged } from "../programs/asked.ts";
import type { Said } from "../programs/said.ts";
import { renderCluster } from "../render/render.ts";
import { appendedArguments, appendedWork } from "../resolve/merge.ts";
import { originOf } from "../resolve/origin.ts";
import { generateSecrets } from "../secrets/secrets.ts";
import { withWorkFolder } from "../tools/as-root.ts";
import { haproxyDiagnostics } from "./check-haproxy.ts";
import { packerDiagnostics } from "./check-packer.ts";
import { layersOf } from "./layers.ts";

const complaintOf = (config: unknown, { node, section, document }: Judged, { path, message, at }: Said): Diagnostic => {
  const [who, appended] =
    section[0] === "cloudConfig" ? (["cloud-init", appendedWork] as const) : (["kubeadm", appendedArguments] as const);
  const origin = originOf(path, document, layersOf(config, node, section), appended);
  const said = { severity: "error", code: `program/${who}`, message: `${who} refuses this: ${message}` } as const;
  const place = origin === undefined ? {} : { path: origin, ...(at === undefined ? {} : { at }) };
  return { ...said, ...place, hint: `in what ${node.name} is given, by its role ${node.role.name} and this document` };
};

/** Nodes that are rendered from the same things are asked for once. */
const distinct = (nodes: readonly Node[]): readonly Node[] => [
  ...new Map(
    nodes.map((node) => [JSON.stringify([node.role.name, node.image.suite, node.pool, node.passThrough]), node]),
  ).values(),
];

const identity = ({ code, message, path, location, hint }: Diagnostic): string =>
  JSON.stringify([code, message, location?.file, path ?? location?.line ?? hint]);

/** What many nodes have from one place is said once. */
const once = (complaints: readonly Diagnostic[]): readonly Diagnostic[] =>
  [...new Map(complaints.toReversed().map((each) => [identity(each), each])).values()].toReversed();

/**
 * What the programs say, with paths in cluster.yaml, whose `source` is given, or with places in roles and images. Secrets are made for
 * this only and thrown away. Rejects with ToolError when a program of the nodes cannot be had.
 */
export const programDiagnostics = async (io: Io, cluster: Cluster, source: Source): Promise<readonly Diagnostic[]> => {
  const cache = openUserCache(io);
  const secrets = await generateSecrets(io, cluster.name);
  const tree = renderCluster(cluster, secrets);
  return withWorkFolder(io, cache, async (folder) => {
    const asked = { cluster, tree, folder, nodes: distinct(cluster.nodes) };
    const judged = [...(await judgeByKubeadm(io, cache, asked)), ...(await judgeByCloudInit(io, cache, asked))];
    const configurations = await judgeByHaproxy(io, cache, tree, cluster.nodes, folder);
    return once([
      ...judged.flatMap((each) => each.said.map((said) => complaintOf(source.value, each, said))),
      ...haproxyDiagnostics(cluster, secrets, source, configurations),
      ...(await packerDiagnostics(io, await judgeByPacker(io, cluster, folder))),
    ]);
  });
};
