// Cluster + Secrets → FileTree: one folder a node or pool, with its seed and with what the seed will write, for people to read. Pure, and
// the same bytes for the same input. What is alike for the nodes of a role is rendered once.
import { createHash } from "node:crypto";
import { DiagnosticError } from "../diagnostic.ts";
import type { Cluster, FileEntry, FileTree, Json, Node, PassThrough, Secrets } from "../model.ts";
import { mastersOf } from "../resolve/resolve.ts";
import { clusterContext, templateContext } from "./context.ts";
import { iso9660 } from "./iso9660.ts";
import { fillMarkers, hasMarker, hasMetadata, markedPaths } from "./jinja.ts";
import { checkTree, leakCheck, type LeakCheck } from "./leak-check.ts";
import { clusterMetadata, type ClusterMetadata, metaDataForm, nodeMetadata, withSeedDigest } from "./metadata.ts";
import { networkConfigForm, networkLikeness, networkValues } from "./network-config.ts";
import { resolvedText } from "./resolved.ts";
import { cloudConfigOf, nodeFiles, userDataText } from "./seed.ts";
import { toYaml } from "./yaml.ts";

/** cloud-init looks for a volume of this name: docs.cloud-init.io, NoCloud. */
const volume = "CIDATA";

/** What all nodes share that are rendered alike; markers stand where they differ. */
interface Shared {
  readonly userData: Uint8Array;
  readonly userDataDigest: Uint8Array;
  readonly metaData: string;
  readonly networkConfig: string;
  readonly files: readonly {
    readonly path: string;
    readonly mode: number;
    readonly text: string;
    readonly bytes: Uint8Array;
  }[];
  /** What its texts need of the meta-data. */
  readonly paths: readonly string[];
}

interface Rendering {
  readonly cluster: Cluster;
  readonly secrets: Secrets;
  readonly context: Json;
  readonly metadata: ClusterMetadata;
  readonly leaks: LeakCheck;
  readonly alike: Map<string, Shared>;
  readonly numbers: Map<PassThrough, number>;
  /** Places of the masters, in the order of cluster.yaml. */
  readonly ordinals: ReadonlyMap<Node, number>;
}

const utf8 = (text: string): Uint8Array => Buffer.from(text);

const ordinalOf = ({ ordinals }: Rendering, node: Node): number => ordinals.get(node) ?? 0;

/** Nodes with the same key differ in name, addresses and MAC address only. */
const alikeKey = (rendering: Rendering, node: Node): string => {
  const { numbers } = rendering;
  const number = numbers.get(node.passThrough) ?? numbers.size;
  numbers.set(node.passThrough, number);
  const { role, pool, name, labels, taints, values } = node;
  const ordinal = ordinalOf(rendering, node);
  return JSON.stringify([
    role.name,
    ordinal,
    pool ? name : null,
    networkLikeness(node),
    labels,
    taints,
    values,
    number,
  ]);
};

const makeShared = (
  { cluster, metadata: common }: Rendering,
  node: Node,
  metadata: Json,
  cloudConfig: Json,
): Shared => {
  const userData = utf8(userDataText(cloudConfig));
  return {
    userData,
    userDataDigest: createHash("sha256").update(userData).digest(),
    metaData: metaDataForm(common, metadata, node),
    networkConfig: networkConfigForm(cluster, node),
    files: nodeFiles(cloudConfig).map((file) => ({ ...file, bytes: utf8(file.text) })),
    paths: markedPaths(toYaml(cloudConfig)),
  };
};

const sharedOf = (rendering: Rendering, node: Node, metadata: Json): Shared => {
  const key = alikeKey(rendering, node);
  const before = rendering.alike.get(key);
  if (before !== undefined) return before;
  let onlyThis = false;
  const { cluster, secrets, context } = rendering;
  const onRead = (): void => {
    onlyThis = true;
  };
  const cloudConfig = cloudConfigOf(node, templateContext({ cluster, shared: context, node, secrets, onRead }));
  const shared = makeShared(rendering, node, metadata, cloudConfig);
  if (!onlyThis) rendering.alike.set(key, shared);
  return shared;
};

const refuseMissing = (node: Node, { paths }: Shared, metadata: Json): void => {
  const missing = paths.filter((path) => !hasMetadata(metadata, path));
  if (missing.length === 0) return;
  throw new DiagnosticError(
    missing.map((path) => ({
      severity: "error",
      code: "render/no-metadata",
      message: `${node.name}: the role ${node.role.name} reads ${path} from the meta-data, and this ${node.pool ? "pool" : "node"} has none`,
      hint:
        node.addresses.length === 0
          ? "only nodes with an address have address and node_ip"
          : "see docs/architecture.md, Content",
    })),
  );
};

/** A seed holds tokens, if not keys: on a shared machine it stays its owner's. */
const secretMode = 0o600;

const seedFiles = (shared: Shared, node: Node, metadata: Json): readonly [string, FileEntry][] => {
  const networkConfig = fillMarkers(shared.networkConfig, networkValues(node));
  const metaData = withSeedDigest(fillMarkers(shared.metaData, metadata), networkConfig, shared.userDataDigest);
  const files = [
    { name: "meta-data", bytes: utf8(metaData) },
    { name: "network-config", bytes: utf8(networkConfig) },
    { name: "user-data", bytes: shared.userData },
  ];
  const image = iso9660(
    volume,
    files.map((file) => ({ ...file, mode: 0o400 })),
  );
  return [
    ...files.map(({ name, bytes }): [string, FileEntry] => [`nocloud/${name}`, { mode: secretMode, bytes }]),
    ["nocloud.iso", { mode: secretMode, bytes: image }],
  ];
};

/** Copies of what cloud-init will write, with the values of the meta-data filled in. */
const readableFiles = ({ leaks }: Rendering, shared: Shared, metadata: Json): readonly [string, FileEntry][] =>
  shared.files.map(({ path, mode, text, bytes: plain }) => {
    const bytes = hasMarker(text) ? utf8(fillMarkers(text, metadata)) : plain;
    const readable = mode & 0o777;
    return [`files/${path}`, { mode: leaks.isConfidential(bytes) ? readable & 0o700 : readable, bytes }];
  });

/** Paths start with the node's name. */
const renderNode = (rendering: Rendering, node: Node): FileTree => {
  const metadata = nodeMetadata(rendering.metadata, node, ordinalOf(rendering, node), rendering.secrets);
  const shared = sharedOf(rendering, node, metadata);
  refuseMissing(node, shared, metadata);
  const files = [...readableFiles(rendering, shared, metadata), ...seedFiles(shared, node, metadata)];
  const tree = new Map(files.map(([path, entry]) => [`${node.name}/${path}`, entry]));
  checkTree(rendering.leaks, node.role.bootstrap, tree);
  return tree;
};

const byPath = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number =>
  left < right ? -1 : 1;

/**
 * `<node>/nocloud/{meta-data,network-config,user-data}`, `<node>/nocloud.iso`, `<node>/files/…` and `cluster.resolved.yaml`.
 * Throws SecretLeak when a node would get a secret that its role may not hold.
 */
export const renderCluster = (cluster: Cluster, secrets: Secrets): FileTree => {
  const rendering: Rendering = {
    cluster,
    secrets,
    context: clusterContext(cluster),
    metadata: clusterMetadata(cluster, secrets),
    leaks: leakCheck(secrets),
    alike: new Map(),
    numbers: new Map(),
    ordinals: new Map(mastersOf(cluster.nodes).map((node, index) => [node, index])),
  };
  const files = cluster.nodes.flatMap((node) => [...renderNode(rendering, node)]);
  const resolved: [string, FileEntry] = ["cluster.resolved.yaml", { mode: 0o644, bytes: utf8(resolvedText(cluster)) }];
  return new Map([...files, resolved].toSorted(byPath));
};
