// Addresses of nodes: well-formed, usable, each once, inside the nodes' network.
import type { Path } from "../../diagnostic.ts";
import { formatPath } from "../../diagnostic.ts";
import { contains, isReserved, kindOf, parseAddress, parsePrefixed } from "../address.ts";
import type { NamedCidr, Rule, RuleContext } from "./context.ts";
import { error } from "./context.ts";
import { hasIt, repeated } from "./names.ts";

/** How to write what was meant, when that can be told. */
export const addressHint = (text: string): string => {
  if (parsePrefixed(text) !== undefined)
    return `write ${text.split("/")[0]}; the prefix length is that of network.nodes`;
  if (text.includes("%")) return "leave out the zone after %";
  const plain = text
    .split(".")
    .map((part) => part.replace(/^0+(?=\d)/, ""))
    .join(".");
  if (plain !== text && parseAddress(plain) !== undefined) return `numbers have no leading zeros: ${plain}`;
  return "expected an IPv4 address such as 10.0.0.11, or an IPv6 address such as fd00::11";
};

const written = ({ config }: RuleContext): readonly { readonly text: string; readonly path: Path }[] =>
  config.nodes.flatMap(({ address }, node) =>
    address.map((text, index) => ({ text, path: ["nodes", node, "address", index] })),
  );

export const badAddress: Rule = (context) =>
  written(context)
    .filter(({ text }) => parseAddress(text) === undefined)
    .map(({ text, path }) =>
      error("node/bad-address", `${JSON.stringify(text)} is not an IP address`, path, addressHint(text)),
    );

/** Kinds of address that no other machine can reach a machine at. */
const unusable: Readonly<Record<string, string>> = {
  unspecified: "the unspecified address",
  broadcast: "the broadcast address",
  multicast: "a multicast address",
  loopback: "a loopback address",
  linkLocal: "a link-local address",
  ipv4Mapped: "an IPv4 address in IPv6 form",
};

export const specialAddress: Rule = ({ machines }) =>
  machines.flatMap(({ addresses }) =>
    addresses.flatMap((address) => {
      const what = unusable[kindOf(address)];
      if (what === undefined) return [];
      return [error("node/special-address", `${address.text} is ${what}: no node can have it`, address.path)];
    }),
  );

export const duplicateAddress: Rule = ({ machines }) =>
  repeated(machines.flatMap((holder) => holder.addresses.map(({ text, path }) => ({ key: text, path, holder })))).map(
    ({ item, first }) => error("node/duplicate-address", `the address ${item.key} is taken`, item.path, hasIt(first)),
  );

export const sameFamilyTwice: Rule = ({ machines }) =>
  machines.flatMap(({ addresses: [first, second] }) => {
    if (first === undefined || second === undefined || first.family !== second.family) return [];
    const message = `two ${first.family} addresses: a node has one, or one of each family`;
    return [error("node/same-family", message, second.path)];
  });

export const withoutNetwork: Rule = ({ config, machines }) => {
  const first = machines.find(({ addresses }) => addresses.length > 0)?.addresses[0];
  if (first === undefined || config.network.nodes.length > 0) return [];
  const hint = `${formatPath(first.path.slice(0, -1))} needs its prefix length: write network: { nodes: CIDR }`;
  return [error("network/missing-nodes", "network.nodes is missing", ["network", "nodes"], hint)];
};

const outside = (text: string, path: Path, nodes: readonly NamedCidr[], family: string): ReturnType<Rule> => {
  const same = nodes.filter((cidr) => cidr.family === family);
  const networks = nodes.map((cidr) => cidr.text).join(" and ");
  if (same.length > 0) {
    return [
      error("node/outside-network", `${text} is outside the nodes' network`, path, `network.nodes is ${networks}`),
    ];
  }
  const hint = `network.nodes is ${networks}; make it a list of two for a dual-stack cluster`;
  return [error("node/outside-network", `the nodes' network has no ${family} part for ${text}`, path, hint)];
};

export const outsideNetwork: Rule = ({ machines, cidrs }) => {
  const nodes = cidrs.filter(({ name }) => name === "nodes");
  if (nodes.length === 0) return [];
  return machines.flatMap(({ addresses }) =>
    addresses.flatMap((address) => {
      if (unusable[kindOf(address)] !== undefined) return [];
      const cidr = nodes.find((each) => contains(each, address));
      if (cidr === undefined) return outside(address.text, address.path, nodes, address.family);
      if (!isReserved(cidr, address)) return [];
      const message = `${address.text} is the first or last address of ${cidr.text}: no node can have it`;
      return [error("node/special-address", message, address.path)];
    }),
  );
};

/** A dual-stack node tells the API server an address of each family, and pods of both families need a way out of it. */
export const oneFamily: Rule = ({ machines, cidrs }) => {
  const families = new Set(cidrs.filter(({ name }) => name === "pods").map(({ family }) => family));
  if (families.size < 2) return [];
  return machines.flatMap(({ role, addresses: [only, second] }) => {
    if (role?.bootstrap === "load-balancer" || only === undefined || second !== undefined) return [];
    const missing = only.family === "IPv4" ? "IPv6" : "IPv4";
    const hint = `the pods are ${[...families].join(" and ")}: write address: [${only.text}, …]`;
    return [
      error("node/one-family", `a node of a dual-stack cluster needs an ${missing} address too`, only.path, hint),
    ];
  });
};
