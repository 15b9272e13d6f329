// A cluster → what each node will be told, which files it gets, where each secret lies, whom it waits for. Looks at what is rendered, not
// at what is meant. Pure; must be given secrets that protect nothing, since it looks for them, and holds no value of one in its result.
import { parse } from "yaml";
import type { Cluster, FileTree, Json, JsonValue, Node, SecretName, Secrets } from "../model.ts";
import { isOpenToAll } from "../render/leak-check.ts";
import { renderCluster } from "../render/render.ts";
import { secretSearch } from "../render/secret-search.ts";
import { secretNames } from "../secrets/allowed-secrets.ts";
import { type SeedSize, seedSizes } from "./seed-sizes.ts";
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

export interface ExplainedNode {
  readonly name: string;
  /** Machines; undefined for a node, which is one. */
  readonly pool: number | undefined;
  readonly role: string;
  readonly bootstrap: string;
  readonly image: string;
  /** Empty: from DHCP. */
  readonly addresses: readonly string[];
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

const partOf = (tree: FileTree, name: string): FileTree =>
  new Map(
    [...tree]
      .filter(([path]) => path.startsWith(`${name}/`))
      .map(([path, entry]) => [path.slice(name.length + 1), entry]),
  );

/** Of the throwaway authority it would be a lie. */
const withoutHash = (told: Json): Json =>
  "ca_hash" in told ? { ...told, ca_hash: "(SHA-256 of the cluster CA's public key)" } : told;

const metaDataOf = (tree: FileTree): Json => {
  const text = Buffer.from(tree.get("nocloud/meta-data")?.bytes ?? "").toString();
  const { kimg = {} } = parse(text) as { readonly kimg?: Json };
  return kimg;
};

const filesOf = (tree: FileTree, find: Find): readonly ExplainedFile[] =>
  [...tree]
    .filter(([path]) => path.startsWith("files/"))
    .map(([path, { mode, bytes }]) => ({
      ...{ path: path.slice("files".length), mode, size: bytes.length },
      secrets: find(bytes),
    }));

const explainNode = (node: Node, tree: FileTree, links: readonly Link[], find: Find): ExplainedNode => ({
  name: node.name,
  pool: node.pool ? node.count : undefined,
  role: node.role.name,
  bootstrap: node.role.bootstrap,
  image: node.image.name,
  addresses: node.addresses,
  told: withoutHash(hidden(metaDataOf(tree), find) as Json),
  files: filesOf(tree, find),
  waits: links.filter(({ kind, from }) => kind === "waits" && from === node.name).map(({ to, what }) => ({ to, what })),
  sizes: seedSizes(tree),
});

/** Everything of the seed counts, also what only the meta-data or a command brings. */
const holders = (names: readonly string[], tree: FileTree, find: Find): ReadonlyMap<SecretName, readonly string[]> => {
  const held = new Map<SecretName, string[]>();
  for (const name of names) {
    const found = [...partOf(tree, name)].flatMap(([path, { bytes }]) => (path.endsWith(".iso") ? [] : find(bytes)));
    for (const secret of new Set(found)) held.set(secret, [...(held.get(secret) ?? []), name]);
  }
  return held;
};

/** `throwaway`: secrets made for this call alone. */
export const explainCluster = (cluster: Cluster, throwaway: Secrets): ExplainedCluster => {
  const tree = renderCluster(cluster, throwaway);
  const find = finder(throwaway);
  const links = linksOf(cluster);
  const held = holders(
    cluster.nodes.map(({ name }) => name),
    tree,
    find,
  );
  return {
    name: cluster.name,
    state: cluster.state,
    kubernetes: cluster.kubernetes.version,
    endpoint: endpointAuthority(cluster),
    nodes: cluster.nodes.map((node) => explainNode(node, partOf(tree, node.name), links, find)),
    secrets: secretNames.map((name) => ({ name, public: isOpenToAll(name), nodes: held.get(name) ?? [] })),
    links,
  };
};
