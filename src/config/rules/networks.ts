// The three networks of a cluster: well-formed, apart from each other, of fitting families and sizes.
import type { Diagnostic, Path } from "../../diagnostic.ts";
import type { Cidr, Family } from "../address.ts";
import { bitsOf, overlap, parseAddress, parseCidr, parsePrefixed } from "../address.ts";
import type { NamedCidr, Rule, RuleContext } from "./context.ts";
import { error } from "./context.ts";

const badForm = (text: string, path: Path): readonly Diagnostic[] => {
  const prefixed = parsePrefixed(text);
  const cidr = parseCidr(text);
  if (prefixed === undefined || cidr === undefined) {
    const bare = parseAddress(text);
    const hint =
      bare === undefined ? "expected a CIDR such as 10.0.0.0/24" : `write the prefix length: ${bare.text}/24`;
    return [error("network/bad-cidr", `${JSON.stringify(text)} is not a network`, path, hint)];
  }
  if (prefixed.address.text === cidr.network.text) return [];
  return [
    error("network/host-bits", `${text} is an address inside of a network, not a network`, path, `write ${cidr.text}`),
  ];
};

export const badCidr: Rule = ({ config }) =>
  (["nodes", "pods", "services"] as const).flatMap((name) =>
    (config.network[name] ?? []).flatMap((text, index) => badForm(text, ["network", name, index])),
  );

const described = (cidr: NamedCidr): string => `${cidr.text} (network.${cidr.name}${cidr.given ? "" : ", by default"})`;

export const networkOverlap: Rule = ({ cidrs }) =>
  cidrs.flatMap((later, index) =>
    cidrs
      .slice(0, index)
      .filter((earlier) => earlier.name !== later.name && overlap(earlier, later))
      .map((earlier) => {
        const [shown, other] = later.given ? [later, earlier] : [earlier, later];
        const hint = `give network.${other.given ? shown.name : other.name} a network that no other has`;
        return error("network/overlap", `${shown.text} overlaps with ${described(other)}`, shown.path, hint);
      }),
  );

const of = (cidrs: readonly NamedCidr[], name: NamedCidr["name"]): readonly NamedCidr[] =>
  cidrs.filter((cidr) => cidr.name === name);

const twice = (cidrs: readonly NamedCidr[]): readonly Diagnostic[] =>
  (["nodes", "pods", "services"] as const).flatMap((name) => {
    const [first, second] = of(cidrs, name);
    if (first === undefined || second?.given !== true || first.family !== second.family) return [];
    const message = `two ${first.family} networks: a dual-stack cluster has one of each family`;
    return [error("network/same-family", message, second.path)];
  });

const lacking = (needs: readonly NamedCidr[], has: readonly NamedCidr[]): readonly Diagnostic[] => {
  if (has.length === 0) return [];
  const families = new Set(has.map(({ family }) => family));
  return needs
    .filter(({ family, given }) => given && !families.has(family))
    .map(({ family, path, name }) =>
      error(
        "network/family",
        `network.${name} has ${family}, network.${has[0]?.name} has not`,
        path,
        `network.${has[0]?.name} is ${has.map(({ text }) => text).join(", ")}`,
      ),
    );
};

/**
 * Pods need nodes of their family, services pods of theirs, and the API server's own service is of the first family, which must be
 * that of the address it advertises (kube-apiserver, validatePublicIPServiceClusterIPRangeIPFamilies).
 */
export const families: Rule = ({ cidrs }) => {
  const [nodes, pods, services] = [of(cidrs, "nodes"), of(cidrs, "pods"), of(cidrs, "services")];
  const found = [...twice(cidrs), ...lacking(pods, nodes), ...lacking(services, pods)];
  const [node, service] = [nodes[0], services[0]];
  if (found.length > 0 || node === undefined || service === undefined || node.family === service.family) return found;
  const message = `the first family of network.services is ${service.family}, that of network.nodes is ${node.family}`;
  return [error("network/family", message, service.path, "list both in the same order")];
};

/** kubeadm's limits (cmd/kubeadm/app/constants): 10 addresses at least, 20 bits at most, as kube-apiserver wants it too. */
export const serviceNetworkSize: Rule = ({ cidrs }) =>
  of(cidrs, "services").flatMap((cidr) => {
    const bits = bitsOf(cidr.family) - cidr.prefix;
    if (bits > 20) {
      const hint = `the largest is a /${bitsOf(cidr.family) - 20}: the API server keeps a map of it`;
      return [error("network/services-too-large", `${cidr.text} is too large for services`, cidr.path, hint)];
    }
    if (2 ** bits >= 10) return [];
    const hint = `the smallest is a /${bitsOf(cidr.family) - 4}`;
    return [error("network/services-too-small", `${cidr.text} is too small for services`, cidr.path, hint)];
  });

/** A node's part of the pod network: kube-controller-manager's flag where the user set it, else its default. */
const nodeMask = ({ config }: RuleContext, family: Family): number => {
  const controllerManager = config.kubeadm?.ClusterConfiguration?.["controllerManager"];
  const flag = `node-cidr-mask-size-${family === "IPv4" ? "ipv4" : "ipv6"}`;
  const list: unknown =
    typeof controllerManager === "object" && controllerManager !== null && !Array.isArray(controllerManager)
      ? controllerManager["extraArgs"]
      : undefined;
  const found: unknown = Array.isArray(list)
    ? list.find((each: unknown) => typeof each === "object" && each !== null && "name" in each && each.name === flag)
    : undefined;
  const value = typeof found === "object" && found !== null && "value" in found ? Number(found.value) : Number.NaN;
  return Number.isInteger(value) ? value : family === "IPv4" ? 24 : 64;
};

const podSize = (cidr: Cidr & { readonly path: Path }, mask: number, nodes: number): readonly Diagnostic[] => {
  if (mask - cidr.prefix > 16) {
    const hint = `each node gets a /${mask} of it, and the pod network may be at most 16 bits larger: /${mask - 16}`;
    return [error("network/pods-too-large", `${cidr.text} is too large for pods`, cidr.path, hint)];
  }
  const room = cidr.prefix > mask ? 0 : 2 ** (mask - cidr.prefix);
  if (room >= nodes) return [];
  const needed = mask - Math.ceil(Math.log2(nodes));
  const message = `${cidr.text} has room for ${room} nodes; this cluster has ${nodes}`;
  const hint = `each node gets a /${mask} of it: make it a /${needed} or larger`;
  return [error("network/pods-too-small", message, cidr.path, hint)];
};

/** kubeadm's own check (ValidatePodSubnetNodeMask), and room for every node that runs a kubelet. */
export const podNetworkSize: Rule = (context) => {
  const nodes = context.machines
    .filter(({ role }) => role?.bootstrap !== "load-balancer")
    .reduce((sum, { count }) => sum + count, 0);
  return of(context.cidrs, "pods").flatMap((cidr) => podSize(cidr, nodeMask(context, cidr.family), Math.max(1, nodes)));
};
