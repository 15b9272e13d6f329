// The resolved cluster for people to read and compare: every default and every derived value, nothing secret.
import type { Cluster, Json, JsonValue, Node } from "../model.ts";
import { toYaml } from "./yaml.ts";

const header = `# What kimg made of cluster.yaml: every default and every derived value. Written by kimg, read by nobody but people.
`;

/** The user's own fields may hold passwords and keys of other programs. */
const secretKey = /passw|secret|token|private|credential|^content$|(?:^|[_-])key$|keys?$/i;
/** Keys that only sound like one. */
const openKey = /^(?:ssh_authorized_keys|ssh_genkeytypes|key)$/;

/** What stands in place of a value that may be secret. */
export type Hide = (value: JsonValue) => JsonValue;

export const redaction = "(redacted)";

const redacted = (value: JsonValue, hide: Hide, key = ""): JsonValue => {
  if (secretKey.test(key) && !openKey.test(key)) return hide(value);
  if (Array.isArray(value)) return value.map((item: JsonValue) => redacted(item, hide));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, redacted(item, hide, name)]));
};

const isEmpty = (value: JsonValue): boolean =>
  value === null || (typeof value === "object" && Object.values(value as Json).every((item) => isEmpty(item)));

/** What says nothing is left out: most nodes have no settings of their own. */
const withoutEmpty = (map: Json): Json =>
  Object.fromEntries(Object.entries(map).filter(([, value]) => !isEmpty(value)));

const nodeSummary = (node: Node, hide: Hide): Json => ({
  name: node.name,
  ...(node.pool ? { pool: true, count: node.count } : {}),
  role: node.role.name,
  bootstrap: node.role.bootstrap,
  image: node.image.name,
  ...withoutEmpty({
    addresses: node.addresses,
    mac: node.mac ?? null,
    labels: node.labels,
    taints: node.taints.map(({ key, value, effect }) => ({ key, ...(value === undefined ? {} : { value }), effect })),
    values: redacted(node.values, hide),
    passThrough: redacted(withoutEmpty(node.passThrough as unknown as Json), hide),
  }),
});

const plain = (value: unknown): JsonValue => JSON.parse(JSON.stringify(value ?? null)) as JsonValue;

export const resolvedCluster = (cluster: Cluster, hide: Hide = () => redaction): Json => {
  const { name, kubernetes, state, endpoint, network, keepalived, manifests, maintenance, platform } = cluster;
  return {
    name,
    kubernetes: plain(kubernetes),
    state,
    endpoint: plain(endpoint),
    network: plain(network),
    keepalived: plain(keepalived),
    // Texts of manifests and arguments of commands may hold passwords.
    ...(manifests.length === 0 ? {} : { manifests: manifests.map((each) => each.name) }),
    maintenance: {
      snapshots: maintenance.snapshots && {
        ...maintenance.snapshots,
        upload: maintenance.snapshots.upload.slice(0, 1),
      },
      certificates: plain(maintenance.certificates),
    },
    platform: plain(platform),
    nodes: cluster.nodes.map((node) => nodeSummary(node, hide)),
  };
};

export const resolvedText = (cluster: Cluster): string => header + toYaml(resolvedCluster(cluster));
