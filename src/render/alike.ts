// What nodes have in common, rendered once: two thousand workers differ in name, addresses and MAC address only, and markers stand there.
import { createHash } from "node:crypto";
import type { Cluster, Json, Node, PassThrough, Secrets } from "../model.ts";
import { mastersOf } from "../resolve/resolve.ts";
import { utf8 } from "./bytes.ts";
import { clusterContext, templateContext } from "./context.ts";
import { markedPaths, metadataText } from "./jinja.ts";
import { leakCheck, type LeakCheck } from "./leak-check.ts";
import { clusterMetadata, type ClusterMetadata, metaDataForm } from "./metadata.ts";
import { nestedNetworkConfigForm, networkConfigForm, networkLikeness } from "./network-config.ts";
import { cloudConfigOf, type NodeFile, nodeFiles, userDataBody, userDataText } from "./seed.ts";
import { toYaml } from "./yaml.ts";

export interface Shared {
  /** Reads the node's values from the meta-data. */
  readonly userData: Uint8Array;
  readonly userDataDigest: Uint8Array;
  /** Of user-data for datasources whose meta-data is the platform's: it names the machine itself. */
  readonly namingBody: () => string;
  readonly metaData: string;
  readonly networkConfig: string;
  readonly nestedNetworkConfig: () => string;
  readonly files: readonly (NodeFile & { readonly bytes: Uint8Array })[];
  /** What its texts need of the meta-data. */
  readonly paths: readonly string[];
}

export interface Rendering {
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

export const startRendering = (cluster: Cluster, secrets: Secrets): Rendering => ({
  cluster,
  secrets,
  context: clusterContext(cluster),
  metadata: clusterMetadata(cluster, secrets),
  leaks: leakCheck(secrets),
  alike: new Map(),
  numbers: new Map(),
  ordinals: new Map(mastersOf(cluster.nodes).map((node, index) => [node, index])),
});

export const ordinalOf = ({ ordinals }: Rendering, node: Node): number => ordinals.get(node) ?? 0;

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

const once = <Value>(make: () => Value): (() => Value) => {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
};

/** cloud-init takes the host name from `fqdn`, up to its first dot, as it does from the meta-data's `local-hostname`. */
const naming = (node: Node, cloudConfig: Json): Json =>
  node.pool ? cloudConfig : { fqdn: metadataText("node"), ...cloudConfig };

const makeShared = (
  { cluster, metadata: common }: Rendering,
  node: Node,
  metadata: Json,
  cloudConfig: Json,
): Shared => {
  const userData = utf8(userDataText(userDataBody(cloudConfig)));
  return {
    userData,
    userDataDigest: createHash("sha256").update(userData).digest(),
    namingBody: once(() => userDataBody(naming(node, cloudConfig))),
    metaData: metaDataForm(common, metadata, node),
    networkConfig: networkConfigForm(cluster, node),
    nestedNetworkConfig: once(() => nestedNetworkConfigForm(cluster, node)),
    files: nodeFiles(cloudConfig).map((file) => ({ ...file, bytes: utf8(file.text) })),
    paths: markedPaths(toYaml(cloudConfig)),
  };
};

/** Made at the first node of a kind. A role whose templates read the node's own name makes every node one of its own kind. */
export const sharedOf = (rendering: Rendering, node: Node, metadata: Json): Shared => {
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
