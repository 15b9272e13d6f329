// What nodes with an address need around them: a gateway, name servers, a domain.
import type { Diagnostic } from "../../diagnostic.ts";
import { formatPath } from "../../diagnostic.ts";
import { contains, isReserved, kindOf, parseAddress } from "../address.ts";
import { addressHint } from "./addresses.ts";
import type { Rule } from "./context.ts";
import { error, warning } from "./context.ts";
import { platformTellsNetwork } from "./platform.ts";

export const badGateway: Rule = ({ config, cidrs, machines }) => {
  const nodes = cidrs.filter(({ name }) => name === "nodes");
  return config.network.gateway.flatMap((text, index): readonly Diagnostic[] => {
    const path = ["network", "gateway", index];
    const address = parseAddress(text);
    if (address === undefined) {
      return [error("network/bad-gateway", `${JSON.stringify(text)} is not an IP address`, path, addressHint(text))];
    }
    const owner = machines.find(({ addresses }) => addresses.some((each) => each.text === address.text));
    if (owner !== undefined) {
      return [
        error(
          "network/bad-gateway",
          `the gateway ${text} is a node's address`,
          path,
          `${owner.name} (${formatPath(owner.path)}) has it`,
        ),
      ];
    }
    // A router's link-local address is IPv6's usual gateway.
    if (nodes.length === 0 || (address.family === "IPv6" && kindOf(address) === "linkLocal")) return [];
    const cidr = nodes.find((each) => contains(each, address));
    if (cidr !== undefined && !isReserved(cidr, address)) return [];
    const hint = `network.nodes is ${nodes.map((each) => each.text).join(" and ")}`;
    return [
      error(
        "network/bad-gateway",
        `the nodes cannot reach the gateway ${text}: it is outside their network`,
        path,
        hint,
      ),
    ];
  });
};

const firstStatic: (context: Parameters<Rule>[0]) => string | undefined = ({ machines }) => {
  const path = machines.find(({ addresses }) => addresses.length > 0)?.addresses[0]?.path;
  return path === undefined ? undefined : formatPath(path.slice(0, -1));
};

/** IPv6 has its default route from router advertisements; IPv4 with a static address has none. */
export const noGateway: Rule = (context) => {
  const { config, machines } = context;
  const ipv4 = machines.some(({ addresses }) => addresses.some(({ family }) => family === "IPv4"));
  if (!ipv4 || config.network.gateway.length > 0 || platformTellsNetwork(config)) return [];
  const hint = `${firstStatic(context)} makes its node static, so DHCP tells it nothing: write network: { gateway: ADDRESS }`;
  return [
    warning(
      "network/no-gateway",
      "network.gateway is missing: the nodes will have no default route",
      ["network", "gateway"],
      hint,
    ),
  ];
};

export const badDns: Rule = ({ config }) =>
  config.network.dns.flatMap((text, index) => {
    const address = parseAddress(text);
    const path = ["network", "dns", index];
    if (address === undefined) {
      return [error("network/bad-dns", `${JSON.stringify(text)} is not an IP address`, path, addressHint(text))];
    }
    if (kindOf(address) !== "loopback") return [];
    const hint = "CoreDNS would ask itself without end; name a server that the nodes can reach";
    return [error("network/bad-dns", `${text} means each machine itself`, path, hint)];
  });

/** CoreDNS forwards to the node's name servers, and exits when there is none. */
export const noNameServer: Rule = (context) => {
  const where = firstStatic(context);
  if (where === undefined || context.config.network.dns.length > 0 || platformTellsNetwork(context.config)) return [];
  const hint = `${where} makes its node static, so DHCP tells it nothing: write network: { dns: [ADDRESS] }`;
  const message = "network.dns is missing: the nodes will have no name server, and CoreDNS stops without one";
  return [warning("network/no-name-server", message, ["network", "dns"], hint)];
};

/** RFC 1123 as Kubernetes has it (IsDNS1123Subdomain): what kubeadm accepts as networking.dnsDomain. */
export const isDomain = (text: string): boolean =>
  text.length <= 253 && /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/.test(text);

export const badDomain: Rule = ({ config }) => {
  const { domain } = config.network;
  if (isDomain(domain)) return [];
  const hint = "expected lower-case letters, digits and - between dots, such as cluster.local";
  return [error("network/bad-domain", `${JSON.stringify(domain)} is not a DNS domain`, ["network", "domain"], hint)];
};
