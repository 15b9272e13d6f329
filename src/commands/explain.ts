// `kimg explain`: what a cluster.yaml comes to, node by node, before anything is made.
import type { Io } from "../edge/io.ts";
import { type ExplainedCluster, type ExplainedNode, explainCluster, type SeedSize } from "../explain/explain.ts";
import { type GraphFormat, graphText } from "../explain/graph.ts";
import { endpointName } from "../explain/waits.ts";
import { modeText } from "../inspect/difference.ts";
import type { Json, JsonValue } from "../model.ts";
import { isNearLimit } from "../render/datasources/budget.ts";
import { resolveCluster } from "../resolve/resolve.ts";
import { generateSecrets } from "../secrets/secrets.ts";
import { loadCluster, type LoadOptions } from "./check.ts";
import { findNode } from "./cluster-node.ts";
import { noteWarnings } from "./trusted-cluster.ts";
import { formatSize, formatTable } from "./words.ts";

export interface ExplainOptions extends LoadOptions {
  /** The whole cluster when not given. */
  readonly node?: string;
  readonly format: "text" | "json" | GraphFormat;
}

const place = (name: string, { endpoint }: ExplainedCluster): string =>
  name === endpointName ? `endpoint ${endpoint}` : name;

const flat = (value: JsonValue, path: string): readonly (readonly string[])[] =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value as Json).flatMap(([key, item]) => flat(item, path === "" ? key : `${path}.${key}`))
    : [["", path, String(value)]];

const limitWords = (bytes: number, limit: number): string => {
  const share = `${Math.round((bytes / limit) * 100)} %`;
  if (bytes > limit) return `${share}: over its limit`;
  return isNearLimit(bytes, limit) ? `${share}: near its limit` : share;
};

const sizeRow = ({ datasource, what, bytes, limit, compressed }: SeedSize): readonly string[] => [
  ...["", datasource, compressed ? `${what}, compressed` : what, formatSize(bytes)],
  ...(limit === undefined ? ["no limit"] : [`of ${formatSize(limit)}`, limitWords(bytes, limit)]),
];

const addressText = ({ addresses }: ExplainedNode): string => (addresses.length === 0 ? "DHCP" : addresses.join(", "));

const taintText = ({ key, value, effect }: ExplainedNode["taints"][number]): string =>
  `${value === undefined ? key : `${key}=${value}`}:${effect}`;

/** Only what there is: a load balancer has neither. */
const kubernetesRows = ({ labels, taints }: ExplainedNode): readonly (readonly string[])[] => [
  ...Object.entries(labels).map(([key, value], index) => ["", index === 0 ? "labels" : "", `${key}=${value}`]),
  ...taints.map((taint, index) => ["", index === 0 ? "taints" : "", taintText(taint)]),
];

const nodeText = (explained: ExplainedCluster, node: ExplainedNode): string =>
  [
    `${node.name}${node.pool === undefined ? "" : ` (pool of ${node.pool})`} of cluster ${explained.name}`,
    formatTable([
      ["", "role", `${node.role} (${node.bootstrap})`],
      ["", "image", node.image],
      ["", "addresses", addressText(node)],
      ...kubernetesRows(node),
    ]),
    node.waits.length === 0 ? "waits for nobody" : "waits for",
    ...(node.waits.length === 0
      ? []
      : [formatTable(node.waits.map(({ to, what }) => ["", place(to, explained), what]))]),
    "is told in its meta-data",
    formatTable(flat(node.told, "")),
    "gets files, and in them of the cluster's trust",
    formatTable(
      node.files.map(({ path, mode, size, secrets }) => [
        ...["", modeText(mode), formatSize(size), path],
        secrets.join(", "),
      ]),
    ),
    "its seed",
    formatTable(node.sizes.map(sizeRow)),
  ].join("\n");

const mostNamed = 12;

const few = (names: readonly string[]): string =>
  names.length <= mostNamed
    ? names.join(", ")
    : `${names.slice(0, mostNamed).join(", ")} and ${names.length - mostNamed} more`;

const waitWords = (explained: ExplainedCluster, { waits }: ExplainedNode): string =>
  waits.length === 0 ? "nobody" : waits.map(({ to }) => (to === endpointName ? "the endpoint" : to)).join(", ");

/** Of the form that takes most; an ISO holds the files beside it once more. */
const seedBytes = ({ sizes }: ExplainedNode): number => {
  const sums = new Map<string, number>();
  for (const { datasource, part, bytes } of sizes) {
    if (!part.endsWith(".iso")) sums.set(datasource, (sums.get(datasource) ?? 0) + bytes);
  }
  return Math.max(...sums.values());
};

const limitsText = ({ nodes }: ExplainedCluster): readonly string[] => {
  const rows = nodes.flatMap(({ name, sizes }) =>
    sizes.filter(({ limit }) => limit !== undefined).map((size) => ["", name, ...sizeRow(size).slice(1)]),
  );
  return rows.length === 0
    ? ["nothing limits the size of the seeds"]
    : ["what the seeds take of their platform's limits", formatTable(rows)];
};

const clusterText = (explained: ExplainedCluster): string => {
  const rows = explained.nodes.map((node) => [
    ...["", node.pool === undefined ? node.name : `${node.name} (${node.pool})`, node.role, addressText(node)],
    ...[formatSize(seedBytes(node)), waitWords(explained, node)],
  ]);
  const secrets = explained.secrets.map(({ name, public: open, nodes }) => [
    ...["", name, open ? "public" : "secret", nodes.length === 0 ? "on no node" : few(nodes)],
  ]);
  return [
    `cluster ${explained.name} (${explained.state}), Kubernetes ${explained.kubernetes}, endpoint ${explained.endpoint}`,
    formatTable([["", "NODE", "ROLE", "ADDRESSES", "SEED", "WAITS FOR"], ...rows]),
    "where the cluster's trust lies",
    formatTable(secrets),
    ...limitsText(explained),
    "`kimg explain NODE` says what a node is told; --format mermaid or dot draws who waits for whom",
  ].join("\n");
};

/** What to print. Reads no secrets file: the keys that are rendered with are made for this and forgotten. Rejects with DiagnosticError. */
export const explain = async (io: Io, options: ExplainOptions): Promise<string> => {
  const { config, library, manifests, warnings } = await loadCluster(io, options);
  const cluster = resolveCluster(config, library, manifests);
  const name = options.node === undefined ? undefined : findNode(cluster, options.node).name;
  const explained = explainCluster(cluster, await generateSecrets(io, cluster.name));
  noteWarnings(io, warnings);
  const node = explained.nodes.find((each) => each.name === name);
  if (options.format === "json") return JSON.stringify(node ?? explained, undefined, 2);
  if (options.format !== "text") return graphText(explained, options.format, name);
  return node === undefined ? clusterText(explained) : nodeText(explained, node);
};
