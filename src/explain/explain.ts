// A cluster → what each node will be told, which files it gets, where each secret lies, whom it waits for. Looks at what is rendered, not
// at what is meant. Pure; must be given secrets that protect nothing, since it looks for them, and holds no value of one in its result.
import type { Cluster, DatasourceName, Json, JsonValue, Node, SecretName, Secrets } from "../model.ts";
import type { Travelling } from "../render/datasources/budget.ts";
import { isOpenToAll } from "../render/leak-check.ts";
import { renderAll, type RenderedSeed } from "../render/render.ts";
import { secretSearch } from "../render/secret-search.ts";
import { secretNames } from "../secrets/allowed-secrets.ts";
import { endpointAuthority, type Link, linksOf } from "./waits.ts";

export interface ExplainedFile {
  /** On the node. */
  readonly path: string;
  /** Permission bits of the copy that people may read. */
  readonly mode: number;
  /** Bytes. */
  readonly size: number;
  /** What is in it of the cluster's trust. */
  readonly secrets: readonly SecretName[];
}

/** How large a part of a seed is, and how large it may be. */
export interface SeedSize {
  readonly datasource: DatasourceName;
  /** Below the node's folder in what `kimg render` writes: `ec2/user-data.gz`. */
  readonly part: string;
  /** What is counted: `user-data in base64`; the part itself where nothing limits it. */
  readonly what: string;
  /** As they count. */
  readonly bytes: number;
  /** Bytes; undefined where there is none. */
  readonly limit: number | undefined;
  readonly compressed: boolean;
}

export interface ExplainedNode {
  readonly name: string;
  /** Machines; undefined for a node, which is one. */
  readonly pool: number | undefined;
  readonly role: string;
  readonly bootstrap: string;
  readonly image: string;
  /** Empty: from DHCP. */
  readonly addresses: readonly string[];
  readonly labels: Node["labels"];
  readonly taints: Node["taints"];
  /** The meta-data below `kimg`; secrets by their names. */
  readonly told: Json;
  readonly files: readonly ExplainedFile[];
  readonly waits: readonly Pick<Link, "to" | "what">[];
  readonly sizes: readonly SeedSize[];
}

export interface ExplainedSecret {
  readonly name: SecretName;
  /** Known to whoever meets the cluster. */
  readonly public: boolean;
  /** Nodes and pools that hold it. */
  readonly nodes: readonly string[];
}

export interface ExplainedCluster {
  readonly name: string;
  readonly state: Cluster["state"];
  readonly kubernetes: string;
  /** Host and port. */
  readonly endpoint: string;
  readonly nodes: readonly ExplainedNode[];
  readonly secrets: readonly ExplainedSecret[];
  readonly links: readonly Link[];
}

type Find = (bytes: Uint8Array) => readonly SecretName[];

/** One search a secret: what it has in common with another says nothing. Bytes that nodes share are searched once. */
const finder = ({ values }: Secrets): Find => {
  const searches = secretNames.map((name) => {
    const others = secretNames.filter((each) => each !== name).map((each) => values[each]);
    return secretSearch(values, [name], others);
  });
  const known = new WeakMap<Uint8Array, readonly SecretName[]>();
  return (bytes) => {
    const found = known.get(bytes) ?? searches.flatMap(({ find }) => find(bytes));
    known.set(bytes, found);
    return found;
  };
};

const hidden = (value: JsonValue, find: Find): JsonValue => {
  if (typeof value === "string") {
    const [secret] = find(Buffer.from(value));
    return secret === undefined ? value : `(secret: ${secret})`;
  }
  if (Array.isArray(value)) return value.map((item: JsonValue) => hidden(item, find));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hidden(item, find)]));
};

/** Of the throwaway authority it would be a lie. */
const withoutHash = (told: Json): Json =>
  "ca_hash" in told ? { ...told, ca_hash: "(SHA-256 of the cluster CA's public key)" } : told;

const filesOf = (name: string, { tree }: RenderedSeed, find: Find): readonly ExplainedFile[] =>
  [...tree]
    .filter(([path]) => path.startsWith(`${name}/files/`))
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([path, { mode, bytes }]) => ({
      ...{ path: path.slice(`${name}/files`.length), mode, size: bytes.length },
      secrets: find(bytes),
    }));

const sizeOf = ({ datasource, path, used, budget }: Travelling): SeedSize => ({
  ...{ datasource, part: path, what: budget?.what ?? path, bytes: used },
  ...{ limit: budget?.limit, compressed: budget?.compressed ?? false },
});

const explainNode = (node: Node, seed: RenderedSeed, links: readonly Link[], find: Find): ExplainedNode => ({
  name: node.name,
  pool: node.pool ? node.count : undefined,
  role: node.role.name,
  bootstrap: node.role.bootstrap,
  image: node.image.name,
  addresses: node.addresses,
  labels: node.labels,
  taints: node.taints,
  told: withoutHash(hidden(seed.kimg, find) as Json),
  files: filesOf(node.name, seed, find),
  waits: links.filter(({ kind, from }) => kind === "waits" && from === node.name).map(({ to, what }) => ({ to, what })),
  sizes: seed.travelling.map(sizeOf),
});

/** Everything of the seed counts, also what only the meta-data or a command brings. */
const secretsOf = ({ kimg, userData }: RenderedSeed, files: readonly ExplainedFile[], find: Find): Set<SecretName> =>
  new Set([...[Buffer.from(JSON.stringify(kimg)), userData].flatMap(find), ...files.flatMap(({ secrets }) => secrets)]);

/** `throwaway`: secrets made for this call alone. A seed may be larger than its platform takes: that is said, and no error here. */
export const explainCluster = (cluster: Cluster, throwaway: Secrets): ExplainedCluster => {
  const { seeds } = renderAll(cluster, throwaway);
  const find = finder(throwaway);
  const links = linksOf(cluster);
  const explained = cluster.nodes.flatMap((node) => {
    const seed = seeds.get(node.name);
    if (seed === undefined) return [];
    const told = explainNode(node, seed, links, find);
    return [{ told, held: secretsOf(seed, told.files, find) }];
  });
  return {
    name: cluster.name,
    state: cluster.state,
    kubernetes: cluster.kubernetes.version,
    endpoint: endpointAuthority(cluster),
    nodes: explained.map(({ told }) => told),
    secrets: secretNames.map((name) => ({
      ...{ name, public: isOpenToAll(name) },
      nodes: explained.filter(({ held }) => held.has(name)).map(({ told }) => told.name),
    })),
    links,
  };
};
