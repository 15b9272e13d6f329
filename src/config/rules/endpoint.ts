// The address that the whole cluster hangs on: it must be one, and somebody must hold it.
import type { Path } from "../../diagnostic.ts";
import { formatPath } from "../../diagnostic.ts";
import type { Address } from "../address.ts";
import { contains, isReserved, kindOf, parseAddress } from "../address.ts";
import { addressHint } from "./addresses.ts";
import type { Machine, Rule, RuleContext } from "./context.ts";
import { error, loadBalancersOf, mastersOf, warning } from "./context.ts";
import { isDomain } from "./neighbours.ts";

const hostPath: Path = ["endpoint", "host"];

export const missingEndpoint: Rule = ({ endpoint, machines }) => {
  if (endpoint !== undefined || machines.some(({ role }) => role === undefined)) return [];
  const balancers = loadBalancersOf(machines);
  const hint =
    balancers.length > 1
      ? "write endpoint: { host: ADDRESS }: a free address of the nodes' network, which the load balancers share"
      : balancers.length === 1
        ? "write endpoint: { host: ADDRESS }: the load balancer's address, or a free one of the nodes' network"
        : "write endpoint: { host: ADDRESS-OR-NAME }; only a single master with an address needs none";
  return [
    error("endpoint/missing", "endpoint is missing: where do the nodes reach the Kubernetes API?", ["endpoint"], hint),
  ];
};

/** What `host` should have been, when an address or name stands in it somewhere. */
const hostHint = (host: string): string => {
  const bare = host.replace(/^[a-z]+:\/\//, "").replace(/\/.*$/, "");
  const inner = bare.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  if (inner !== host && (parseAddress(inner) !== undefined || isDomain(inner))) {
    return `write host: ${inner}, and the port as port:`;
  }
  return /^[\d.]+$/.test(host) ? addressHint(host) : "expected an address, or a DNS name in lower case";
};

/** As kubeadm's ParseHostPort: an address, or an RFC 1123 subdomain. A name of digits and dots is a mistyped address. */
export const endpointForm: Rule = ({ config }) => {
  if (config.endpoint === undefined) return [];
  const { host } = config.endpoint;
  const address = parseAddress(host);
  if (address === undefined && (!isDomain(host) || /^[\d.]+$/.test(host))) {
    const message = `${JSON.stringify(host)} is neither an IP address nor a DNS name`;
    return [error("endpoint/bad-host", message, hostPath, hostHint(host))];
  }
  const self = address === undefined ? /^(?:.*\.)?localhost$/.test(host) : kindOf(address) === "loopback";
  if (self) return [error("endpoint/bad-host", `${host} means each machine itself`, hostPath)];
  if (address === undefined || !["unspecified", "multicast", "broadcast", "linkLocal"].includes(kindOf(address)))
    return [];
  return [error("endpoint/bad-host", `${host} cannot be an endpoint: no machine can be reached there`, hostPath)];
};

const hostAddress = ({ config }: RuleContext): Address | undefined =>
  config.endpoint === undefined ? undefined : parseAddress(config.endpoint.host);

export const endpointNetwork: Rule = (context) => {
  const address = hostAddress(context);
  if (address === undefined) return [];
  const { cidrs, config } = context;
  const taken = cidrs.find((cidr) => cidr.name !== "nodes" && contains(cidr, address));
  if (taken !== undefined) {
    const message = `the endpoint ${address.text} lies in network.${taken.name} (${taken.text}), which exists inside of the cluster only`;
    return [error("endpoint/inside-cluster", message, hostPath)];
  }
  if (config.network.gateway.some((text) => parseAddress(text)?.text === address.text)) {
    return [error("endpoint/taken", `the endpoint ${address.text} is the gateway's address`, hostPath)];
  }
  const reserved = cidrs.find((cidr) => cidr.name === "nodes" && contains(cidr, address) && isReserved(cidr, address));
  if (reserved === undefined) return [];
  return [
    error("endpoint/taken", `the endpoint ${address.text} is the first or last address of ${reserved.text}`, hostPath),
  ];
};

const holderOf = (machines: readonly Machine[], address: Address): Machine | undefined =>
  machines.find(({ addresses }) => addresses.some(({ text }) => text === address.text));

const held = (context: RuleContext, holder: Machine, address: Address): ReturnType<Rule> => {
  const balancers = loadBalancersOf(context.machines);
  const masters = mastersOf(context.machines);
  const where = formatPath(holder.path);
  if (balancers.includes(holder)) {
    if (balancers.length === 1) return [];
    const message = `only ${holder.name} has the endpoint's address: the other load balancers never get a connection`;
    const hint = "use a free address of the nodes' network: the load balancers share it";
    return [warning("endpoint/one-load-balancer", message, hostPath, hint)];
  }
  if (balancers.length > 0) {
    const own = balancers.flatMap(({ addresses }) => addresses.map(({ text }) => text));
    const hint = `use a free address of the nodes' network, or a load balancer's: ${own.join(", ")}`;
    return [
      error(
        "endpoint/not-load-balancer",
        `the endpoint ${address.text} is ${holder.name} (${where}), which is no load balancer`,
        hostPath,
        hint,
      ),
    ];
  }
  if (!masters.includes(holder)) {
    const message = `the endpoint ${address.text} is ${holder.name} (${where}), which is no master`;
    return [error("endpoint/not-load-balancer", message, hostPath)];
  }
  if (masters.length === 1 && holder.count === 1) return [];
  const message = `the endpoint is one master's address: the cluster cannot be reached when ${holder.name} is down`;
  return [
    warning("endpoint/one-master", message, hostPath, "add a node with the role of a load balancer, or use your own"),
  ];
};

/** Who answers at the endpoint: a load balancer's own address, an address that they share, a master's, or something outside of this file. */
export const endpointHolder: Rule = (context) => {
  const address = hostAddress(context);
  if (address === undefined || context.machines.some(({ role }) => role === undefined)) return [];
  const holder = holderOf(context.machines, address);
  if (holder !== undefined) return held(context, holder, address);
  const nodes = context.cidrs.filter(({ name }) => name === "nodes");
  const inside = nodes.some((cidr) => contains(cidr, address));
  const balancers = loadBalancersOf(context.machines);
  if (balancers.length > 0 && nodes.length > 0 && !inside) {
    const message = `the endpoint ${address.text} is outside the nodes' network: no load balancer can answer there`;
    const own = balancers.flatMap(({ addresses }) => addresses.map(({ text }) => text));
    const hint = `use a free address of ${nodes.map(({ text }) => text).join(" or ")}${own.length > 0 ? `, or a load balancer's: ${own.join(", ")}` : ""}`;
    return [error("endpoint/outside-network", message, hostPath, hint)];
  }
  if (balancers.length > 0 || !inside) return [];
  const message = `the endpoint ${address.text} is in the nodes' network, but on no load balancer and on no master`;
  const hint =
    "add a node with the role of a load balancer, or make sure that something else there passes it on to the masters";
  return [warning("endpoint/nobody", message, hostPath, hint)];
};

/** A master's API server listens on 6443; only a load balancer can be reached at another port. */
export const endpointPort: Rule = (context) => {
  const { config, machines } = context;
  const address = hostAddress(context);
  if (config.endpoint === undefined || address === undefined || config.endpoint.port === 6443) return [];
  const holder = holderOf(mastersOf(machines), address);
  if (holder === undefined) return [];
  const message = `${holder.name} is a master: its API server listens on 6443, not on ${config.endpoint.port}`;
  return [error("endpoint/port", message, ["endpoint", "port"], "remove the port, or add a load balancer")];
};
