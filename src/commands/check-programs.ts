// `kimg check --with-programs`: what is rendered, given to those who will read it on the node. Their complaints come back to the place in
// cluster.yaml that caused them; what is the role's own has no place there, and the role is named.
import type { Diagnostic, Path } from "../diagnostic.ts";
import { openUserCache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import type { Cluster, Json, Node } from "../model.ts";
import { judgeByCloudInit, judgeByKubeadm, type Judged } from "../programs/ask.ts";
import type { Said } from "../programs/said.ts";
import { renderCluster } from "../render/render.ts";
import { appendedArguments, appendedWork } from "../resolve/merge.ts";
import { originOf, type Layer } from "../resolve/origin.ts";
import { generateSecrets } from "../secrets/secrets.ts";
import { withWorkFolder } from "../tools/as-root.ts";

/** What stands at the path in plain data; undefined where nothing does. */
const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (here, part) =>
      typeof here === "object" && here !== null ? (here as Record<string | number, unknown>)[part] : undefined,
    value,
  );

/** Where pass-through for a node may stand, the lowest layer first. */
const placesOf = (config: unknown, node: Node): readonly Path[] => {
  const list = node.pool ? "pools" : "nodes";
  const index = (valueAt(config, [list]) as readonly { readonly name: string }[]).findIndex(
    ({ name }) => name === node.name,
  );
  return [[], ["roles", node.role.name], [list, index]];
};

const layersOf = (config: unknown, node: Node, section: Path): readonly Layer[] =>
  placesOf(config, node).flatMap((place) => {
    const value = valueAt(config, [...place, ...section]);
    return value === undefined ? [] : [{ at: [...place, ...section], value: value as Json }];
  });

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

const identity = ({ code, path, message, hint }: Diagnostic): string => JSON.stringify([code, message, path ?? hint]);

/** What many nodes have from one place is said once. */
const once = (complaints: readonly Diagnostic[]): readonly Diagnostic[] =>
  [...new Map(complaints.toReversed().map((each) => [identity(each), each])).values()].toReversed();

/**
 * Complaints of kubeadm and cloud-init, with paths in `config`, the document as it was read. Secrets are made for this only and thrown
 * away. Rejects with ToolError when a program cannot be had.
 */
export const programDiagnostics = async (io: Io, cluster: Cluster, config: unknown): Promise<readonly Diagnostic[]> => {
  const cache = openUserCache(io);
  const tree = renderCluster(cluster, await generateSecrets(io, cluster.name));
  const judged = await withWorkFolder(io, cache, async (folder) => {
    const asked = { cluster, tree, folder, nodes: distinct(cluster.nodes) };
    return [...(await judgeByKubeadm(io, cache, asked)), ...(await judgeByCloudInit(io, cache, asked))];
  });
  return once(judged.flatMap((each) => each.said.map((said) => complaintOf(config, each, said))));
};
