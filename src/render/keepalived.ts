// How one load balancer takes its part in the address that they share (VRRP, RFC 5798).
import { parseAddress } from "../config/address.ts";
import type { Cluster, Json, Node } from "../model.ts";
import { bareAddress } from "../resolve/resolve.ts";

/** 255 is the owner's; the first load balancer of cluster.yaml is preferred. */
const highestPriority = 200;

/** Of the family of the shared address, which the advertisements are sent in. */
const sourceOf = (node: Node, shared: string): string | undefined =>
  node.addresses.map(bareAddress).find((text) => parseAddress(text)?.family === parseAddress(shared)?.family);

/** Null when the load balancers share no address. */
export const keepalivedSettings = ({ keepalived, nodes }: Cluster, node: Node): Json | null => {
  if (keepalived === undefined) return null;
  const shared = bareAddress(keepalived.address);
  const balancers = nodes.filter(({ role }) => role.bootstrap === "load-balancer");
  const others = balancers.filter((each) => each !== node).map((each) => sourceOf(each, shared));
  return {
    address: keepalived.address,
    interface: keepalived.interface ?? "",
    routerId: keepalived.routerId,
    priority: highestPriority - balancers.indexOf(node),
    ipv6: parseAddress(shared)?.family === "IPv6",
    source: sourceOf(node, shared) ?? "",
    peers: others.filter((address) => address !== undefined),
  };
};
