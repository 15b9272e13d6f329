// The instance's meta-data: who this machine is, and what it needs to come into its cluster. What of a seed differs from machine to
// machine is here and nowhere else.
import { createHash } from "node:crypto";
import type { Bootstrap, Cluster, Json, JsonValue, Node, Secrets } from "../model.ts";
import { bareAddress } from "../resolve/resolve.ts";
import { discoveryHash } from "../secrets/discovery-hash.ts";
import { urlHost } from "./authority.ts";
import { metadataText } from "./jinja.ts";
import { toYaml } from "./yaml.ts";

/** Names that `{{metadata …}}` may read in a role's templates. Those of an address are there for nodes that have one. */
export const metadataNames = (bootstrap: Bootstrap): readonly string[] => [
  ...["version", "cluster", "cluster_state", "role", "bootstrap", "ordinal", "node", "address", "node_ip"],
  ...["endpoint.host", "endpoint.port", "endpoint_authority", "ca_hash"],
  ...(bootstrap === "load-balancer" ? [] : ["token"]),
  ...(bootstrap === "init" ? ["worker_token"] : []),
];

const tokens = (bootstrap: Bootstrap, { values }: Secrets): Json => {
  if (bootstrap === "load-balancer") return {};
  if (bootstrap === "join-worker") return { token: values["worker-token"] };
  const token = values["master-token"];
  return bootstrap === "init" ? { token, worker_token: values["worker-token"] } : { token };
};

const addresses = (node: Node): Json => {
  const bare = node.addresses.map(bareAddress);
  const [first] = bare;
  return first === undefined ? {} : { address: first, node_ip: bare.join(",") };
};

/** The part below `kimg:` that is the same for all nodes of a cluster. */
export type ClusterMetadata = {
  readonly version: 1;
  readonly cluster: string;
  readonly cluster_state: Cluster["state"];
  readonly endpoint: { readonly host: string; readonly port: number };
  /** Host and port in one, IPv6 in brackets. */
  readonly endpoint_authority: string;
  readonly ca_hash: string;
};

export const clusterMetadata = (cluster: Cluster, secrets: Secrets): ClusterMetadata => ({
  version: 1,
  cluster: cluster.name,
  cluster_state: cluster.state,
  endpoint: { host: cluster.endpoint.host, port: cluster.endpoint.port },
  endpoint_authority: `${urlHost(cluster.endpoint.host)}:${cluster.endpoint.port}`,
  ca_hash: discoveryHash(secrets.values["ca.crt"]),
});

/** Everything below `kimg:`. `ordinal`: the node's place among the masters, 0 for the first and for all who are none. */
export const nodeMetadata = (shared: Json, node: Node, ordinal: number, secrets: Secrets): Json => ({
  ...shared,
  role: node.role.name,
  bootstrap: node.role.bootstrap,
  ordinal,
  // A machine of a pool takes its name from its instance.
  node: node.pool ? "" : node.name,
  ...addresses(node),
  ...tokens(node.role.bootstrap, secrets),
});

/** In place of it the seed's own digest comes: see `seedDigest`. */
const digestMarker = "SEED-DIGEST";

/**
 * cloud-init does everything anew when it sees another id. So the id changes with anything in the seed: a corrected seed and a reboot mend a
 * machine that could not join. One that is a member reads no seed any more (docs/self-assembly.md, "After the seal").
 */
export const instanceId = (cluster: string, name: string, digest: string): string =>
  `kimg-${cluster}-${name}-${digest}`;

/** 8 hexadecimal digits of SHA-256 over everything that the instance will read. */
export const seedDigest = (metaData: string, ...rest: readonly (string | Uint8Array)[]): string => {
  const hash = createHash("sha256").update(metaData);
  for (const part of rest) hash.update(part);
  return hash.digest("hex").slice(0, 8);
};

export const withSeedDigest = (metaData: string, digest: string): string => metaData.replace(digestMarker, digest);

/** Of these, which every node has its own of, markers stand in the text. */
const ownValues = ["node", "address", "node_ip"];

/** The text for all nodes that are like this one: `fillMarkers` with a node's metadata makes it that node's. */
export const metaDataForm = (shared: ClusterMetadata, kimg: Json, node: Node): string => {
  const marked = Object.entries(kimg).map(([key, value]): [string, JsonValue] => [
    key,
    ownValues.includes(key) && value !== "" ? metadataText(key) : value,
  ]);
  return toYaml({
    "instance-id": instanceId(shared.cluster, node.pool ? node.name : metadataText("node"), digestMarker),
    ...(node.pool ? {} : { "local-hostname": metadataText("node") }),
    kimg: Object.fromEntries(marked),
  });
};
