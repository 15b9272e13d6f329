// Config + Library → Cluster: every default filled in, every name replaced by what it names, every derived value there. Total for
// input that the rules have accepted; must not complain, render, or do effects.
import { posix } from "node:path";
import { completeEndpoint, completeNetwork } from "../config/completed.ts";
import { contains, parseAddress, parseCidr, type Address, type Cidr } from "../config/address.ts";
import type { Config, ConfigNode, ConfigPool } from "../config/schema.ts";
import {
  type Bootstrap,
  type Cluster,
  type Endpoint,
  type Image,
  type Json,
  type Keepalived,
  type Library,
  type Maintenance,
  type Manifest,
  type Network,
  type Node,
  type PassThrough,
  type Role,
  defaultSupply,
  networkPluginManifest,
} from "../model.ts";
import { mergePassThrough, noPassThrough, type PartialPassThrough } from "./merge.ts";

/** The rules have looked these up before. */
const found = <Value>(value: Value | undefined, what: string): Value => {
  if (value === undefined) throw new Error(`${what} should have been found by the rules`);
  return value;
};

const networksOf = (network: Network): readonly Cidr[] =>
  network.nodes.map((text) => parseCidr(text)).filter((cidr) => cidr !== undefined);

/** The address with the prefix length of the node network that it lies in; alone when it lies in none. */
const withPrefix = (address: Address, networks: readonly Cidr[]): string => {
  const prefix = networks.find((cidr) => contains(cidr, address))?.prefix ?? (address.family === "IPv4" ? 32 : 128);
  return `${address.text}/${prefix}`;
};

/** The families in the order of the nodes' networks: the first is the primary. */
const inFamilyOrder = (addresses: readonly Address[], networks: readonly Cidr[]): readonly Address[] => {
  const rank = (address: Address): number => networks.findIndex((cidr) => cidr.family === address.family);
  return addresses.toSorted((left, right) => rank(left) - rank(right));
};

const addressesOf = (texts: readonly string[], networks: readonly Cidr[]): readonly string[] => {
  const addresses = texts.map((text) => found(parseAddress(text), `the address ${text}`));
  return inFamilyOrder(addresses, networks).map((address) => withPrefix(address, networks));
};

const isMaster = (bootstrap: Bootstrap): boolean => bootstrap === "init" || bootstrap === "join-control-plane";

/** In the order of cluster.yaml. */
export const mastersOf = (nodes: readonly Node[]): readonly Node[] =>
  nodes.filter(({ role }) => isMaster(role.bootstrap));

/** A pool stands for several. */
export const countMachines = (nodes: readonly Node[]): number => nodes.reduce((sum, { count }) => sum + count, 0);

/** The host's part of `10.0.0.21/24`. */
export const bareAddress = (prefixed: string): string => prefixed.split("/")[0] ?? prefixed;

const endpointOf = (config: Config, nodes: readonly Node[]): Endpoint => {
  const masters = mastersOf(nodes).map(({ addresses, count }) => ({ addresses: addresses.map(bareAddress), count }));
  const balanced = nodes.some(({ role }) => role.bootstrap === "load-balancer");
  return found(completeEndpoint(config.endpoint, masters, balanced), "the endpoint");
};

/** The load balancers share an address when the endpoint is one and none of them has it for its own. */
const keepalivedOf = (
  config: Config,
  endpoint: Endpoint,
  nodes: readonly Node[],
  network: Network,
): Keepalived | undefined => {
  const address = parseAddress(endpoint.host);
  const balancers = nodes.filter(({ role }) => role.bootstrap === "load-balancer");
  const own = balancers.flatMap(({ addresses }) => addresses.map(bareAddress));
  if (address === undefined || own.length === 0 || own.includes(address.text)) return undefined;
  return {
    address: withPrefix(address, networksOf(network)),
    interface: config.loadBalancer?.interface,
    routerId: config.loadBalancer?.routerId ?? 51,
  };
};

interface Below {
  readonly config: Config;
  readonly library: Library;
  /** Of the cluster and of each role, so that nodes without their own share one object. */
  readonly passThrough: ReadonlyMap<string, PassThrough>;
}

const machineOf = (entry: ConfigNode | ConfigPool, { config, library, passThrough }: Below) => ({
  name: entry.name,
  role: found<Role>(library.roles.get(entry.role), `the role ${entry.role}`),
  image: found<Image>(library.images.get(entry.image ?? config.image), `the image ${entry.image ?? config.image}`),
  labels: entry.labels,
  taints: entry.taints.map(({ key, value, effect }) => ({ key, ...(value === undefined ? {} : { value }), effect })),
  values: entry.values as Json,
  passThrough: mergePassThrough(found(passThrough.get(entry.role), "pass-through"), entry as PartialPassThrough),
});

const nodesOf = (below: Below, networks: readonly Cidr[]): readonly Node[] => [
  ...below.config.nodes.map((entry) => ({
    ...machineOf(entry, below),
    pool: false,
    count: 1,
    addresses: addressesOf(entry.address, networks),
    mac: entry.mac,
  })),
  ...below.config.pools.map((entry) => ({
    ...machineOf(entry, below),
    pool: true,
    count: entry.count,
    addresses: [],
    mac: undefined,
  })),
];

/** `calico v3.yml` → `calico-v3`. */
const plainName = (file: string): string =>
  posix
    .basename(file)
    .replace(/\.(?:ya?ml|json)$/i, "")
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[.-]+/, "");

/** Names on the node: 00 is the network plugin's, the user's begin at 10. */
const manifestsOf = ({ network, manifests }: Config, texts: ReadonlyMap<string, string>): readonly Manifest[] => {
  const manifest = (file: string, name: string): Manifest => ({
    name,
    text: found(texts.get(file), `the text of ${file}`),
  });
  const plugin = typeof network.cni === "string" ? [] : [manifest(network.cni.manifest, networkPluginManifest)];
  return [
    ...plugin,
    ...manifests.map((file, index) => manifest(file, `${index + 10}-${plainName(file) || "manifest"}.yaml`)),
  ];
};

const maintenanceOf = ({ etcd: { snapshots }, certificates }: Config): Maintenance => ({
  snapshots: snapshots && { everySeconds: snapshots.every, keep: snapshots.keep, upload: snapshots.upload },
  certificates: { renew: certificates.renew, renewBeforeSeconds: certificates.renewBefore },
});

/**
 * `manifests`: the texts of the files that the Config names (see readManifests). Throws (a bug, not a complaint) when one is missing, or
 * when the Config was not accepted by the rules with this very Library.
 */
export const resolveCluster = (
  config: Config,
  library: Library,
  manifests: ReadonlyMap<string, string> = new Map(),
): Cluster => {
  const network = completeNetwork(config.network);
  const clusterWide = mergePassThrough(noPassThrough, config as PartialPassThrough);
  const ofRole = (role: string): [string, PassThrough] => [
    role,
    mergePassThrough(clusterWide, config.roles[role] as PartialPassThrough | undefined),
  ];
  const passThrough = new Map([...library.roles.keys()].map(ofRole));
  const nodes = nodesOf({ config, library, passThrough }, networksOf(network));
  const endpoint = endpointOf(config, nodes);
  return {
    name: config.name,
    kubernetes: {
      version: config.kubernetes.version ?? library.defaultKubernetesVersion,
      from: config.kubernetes.from ?? (config.kubernetes.mirror === undefined ? defaultSupply : "mirror"),
      mirror: config.kubernetes.mirror,
    },
    state: config.clusterState,
    endpoint,
    network,
    keepalived: keepalivedOf(config, endpoint, nodes, network),
    manifests: manifestsOf(config, manifests),
    maintenance: maintenanceOf(config),
    platform: { datasources: config.platform.datasource, seedUrl: config.platform.seedUrl },
    passThrough: clusterWide,
    nodes,
  };
};
