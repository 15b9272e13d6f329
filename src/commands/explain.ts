// `kimg explain`: what a cluster.yaml comes to, node by node, before anything is made.
import type { Io } from "../edge/io.ts";
import { type ExplainedCluster, type ExplainedNode, explainCluster } from "../explain/explain.ts";
import { type GraphFormat, graphText } from "../explain/graph.ts";
import { isNearLimit, type SeedSize } from "../explain/seed-sizes.ts";
import { endpointName } from "../explain/waits.ts";
import { modeText } from "../inspect/difference.ts";
import type { Json, JsonValue } from "../model.ts";
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

const sizeRow = (size: SeedSize): readonly string[] => {
  const { part, bytes, limit } = size;
  const share = limit === undefined ? "no limit" : `${Math.round((bytes / limit) * 100)} % of ${formatSize(limit)}`;
  return ["", part, formatSize(bytes), isNearLimit(size) ? `${share}: near its limit` : share];
};

const addressText = ({ addresses }: ExplainedNode): string => (addresses.length === 0 ? "DHCP" : addresses.join(", "));

const nodeText = (explained: ExplainedCluster, node: ExplainedNode): string =>
  [
    `${node.name}${node.pool === undefined ? "" : ` (pool of ${node.pool})`} of cluster ${explained.name}`,
    formatTable([
      ["", "role", `${node.role} (${node.bootstrap})`],
      ["", "image", node.image],
      ["", "addresses", addressText(node)],
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

const total = ({ sizes }: ExplainedNode): number =>
  sizes.filter(({ part }) => !part.endsWith(".iso")).reduce((sum, { bytes }) => sum + bytes, 0);

const near = ({ nodes }: ExplainedCluster): readonly string[] =>
  nodes.flatMap(({ name, sizes }) => sizes.filter(isNearLimit).map((size) => [name, ...sizeRow(size)].join("  ")));

const clusterText = (explained: ExplainedCluster): string => {
  const rows = explained.nodes.map((node) => [
    ...["", node.pool === undefined ? node.name : `${node.name} (${node.pool})`, node.role, addressText(node)],
    ...[formatSize(total(node)), waitWords(explained, node)],
  ]);
  const secrets = explained.secrets.map(({ name, public: open, nodes }) => [
    ...["", name, open ? "public" : "secret", nodes.length === 0 ? "on no node" : few(nodes)],
  ]);
  const limits = near(explained);
  return [
    `cluster ${explained.name} (${explained.state}), Kubernetes ${explained.kubernetes}, endpoint ${explained.endpoint}`,
    formatTable([["", "NODE", "ROLE", "ADDRESSES", "SEED", "WAITS FOR"], ...rows]),
    "where the cluster's trust lies",
    formatTable(secrets),
    limits.length === 0 ? "no seed is near a limit of bytes" : ["near a limit of bytes", ...limits].join("\n"),
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
