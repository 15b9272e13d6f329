// cloud-init's network-config, version 2 (https://docs.cloud-init.io/en/latest/reference/network-config-format-v2.html), which the
// images hand to netplan as it is.
import { parseAddress, parseCidr } from "../config/address.ts";
import type { Cluster, Json, JsonValue, Network, Node } from "../model.ts";
import { metadataText } from "./jinja.ts";
import { toYaml } from "./yaml.ts";

/** Pods have the families that the nodes have, and are always given. */
export const ipVersions = ({ pods }: Network): { readonly ipv4: boolean; readonly ipv6: boolean } => {
  const families = pods.map((text) => parseCidr(text)?.family);
  return { ipv4: families.includes("IPv4"), ipv6: families.includes("IPv6") };
};

const dynamic = ({ network }: Cluster): Json => {
  const { ipv4, ipv6 } = ipVersions(network);
  return { dhcp4: ipv4, ...(ipv6 ? { dhcp6: true, "accept-ra": true } : {}) };
};

/** Not `default`: cloud-init 22.4 (Debian 12) takes a network only. */
const defaultRoutes = (gateways: readonly string[]): readonly Json[] =>
  gateways.map((via) => ({ to: parseAddress(via)?.family === "IPv6" ? "::/0" : "0.0.0.0/0", via }));

/** Where a node's own values stand in the text. */
const places = ["first", "second"] as const;

const fixed = ({ network }: Cluster, node: Node): Json => {
  const families = node.addresses.map((text) => parseCidr(text)?.family);
  const gateways = network.gateways.filter((via) => families.includes(parseAddress(via)?.family));
  return {
    addresses: node.addresses.map((_, index) => metadataText(`network.${places[index] ?? "first"}`)),
    ...(gateways.length === 0 ? {} : { routes: defaultRoutes(gateways) }),
    ...(network.dns.length === 0 ? {} : { nameservers: { addresses: network.dns } }),
  };
};

/** All of `eth0`, `ens3`, `enp1s0`: udev and the kernel name every Ethernet so. A machine with several needs its MAC address given. */
const anyEthernet = { name: "e*" };

const configuration = (cluster: Cluster, node: Node): Json => ({
  version: 2,
  ethernets: {
    node: {
      match: node.mac === undefined ? anyEthernet : { macaddress: metadataText("network.mac") },
      ...(node.addresses.length === 0 ? dynamic(cluster) : fixed(cluster, node)),
    },
  },
});

/**
 * Static when the node has an address, DHCP otherwise; on the interface with its MAC address, or on the only one. The text is for all
 * nodes that are like this one: `fillMarkers` with `networkValues` makes it a node's.
 */
export const networkConfigForm = (cluster: Cluster, node: Node): string => toYaml(configuration(cluster, node));

/** The same below a key `network`, as files of cloud-init's own and properties of an OVF have it. */
export const nestedNetworkConfigForm = (cluster: Cluster, node: Node): string =>
  toYaml({ network: configuration(cluster, node) });

export const networkValues = ({ addresses: [first = "", second = ""], mac = "" }: Node): Json => ({
  network: { first, second, mac },
});

/** Nodes with the same have the same form. */
export const networkLikeness = ({ addresses, mac }: Node): JsonValue => [
  ...addresses.map((text) => parseCidr(text)?.family ?? null),
  mac !== undefined,
];
