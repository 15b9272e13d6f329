// Networks and endpoint with every default filled in, as the rules judge them and resolve takes them.
import type { Endpoint, Network } from "../model.ts";
import type { Family } from "./address.ts";
import { parseAddress, parseCidr } from "./address.ts";
import type { Config } from "./schema.ts";

const podDefaults: Readonly<Record<Family, string>> = { IPv4: "10.244.0.0/16", IPv6: "fd00:10:244::/56" };
const serviceDefaults: Readonly<Record<Family, string>> = { IPv4: "10.96.0.0/12", IPv6: "fd00:10:96::/112" };

const familiesOf = (cidrs: readonly string[]): readonly Family[] =>
  [...new Set(cidrs.map((text) => parseCidr(text)?.family))].filter((family) => family !== undefined);

/** Pods and services take the families of what the user gave of nodes, pods and services, in this order; IPv4 when nothing was given. */
export const completeNetwork = (network: Config["network"]): Network => {
  const given = [network.nodes, network.pods ?? [], network.services ?? []].find((cidrs) => cidrs.length > 0) ?? [];
  const families = familiesOf(given).length > 0 ? familiesOf(given) : (["IPv4"] as const);
  return {
    nodes: network.nodes,
    pods: network.pods ?? families.map((family) => podDefaults[family]),
    services: network.services ?? families.map((family) => serviceDefaults[family]),
    gateways: network.gateway,
    dns: network.dns,
    domain: network.domain,
    cni: typeof network.cni === "string" ? network.cni : "manifest",
  };
};

/**
 * Where the API is reached: what the user gave, or the address of the only master. `masters` are those that are no load balancers;
 * `loadBalancers` says whether any of kimg's own serve it. Undefined when it can be neither: a rule complains.
 */
export const completeEndpoint = (
  endpoint: Config["endpoint"],
  masters: readonly { readonly addresses: readonly string[]; readonly count: number }[],
  loadBalancers: boolean,
): Endpoint | undefined => {
  if (endpoint !== undefined) {
    const host = parseAddress(endpoint.host)?.text ?? endpoint.host;
    return { host, port: endpoint.port, owned: loadBalancers };
  }
  const [master, ...others] = masters;
  const address = master?.addresses[0];
  if (address === undefined || master?.count !== 1 || others.length > 0 || loadBalancers) return undefined;
  return { host: address, port: 6443, owned: false };
};
