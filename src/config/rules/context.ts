// What every rule may look at, derived once: machines of both kinds in one list, networks and endpoint with their defaults.
import type { DiagnosticCode } from "../../codes/index.ts";
import type { Diagnostic, Path } from "../../diagnostic.ts";
import type { Bootstrap, Endpoint, Image, Library, Network, Role } from "../../model.ts";
import type { Address, Cidr } from "../address.ts";
import { parseAddress, parseCidr } from "../address.ts";
import { completeEndpoint, completeNetwork } from "../completed.ts";
import type { Config, ConfigNode, ConfigPool } from "../schema.ts";

/** A node, or a pool. */
export interface Machine {
  readonly path: Path;
  readonly name: string;
  readonly entry: ConfigNode | ConfigPool;
  readonly pool: boolean;
  readonly count: number;
  /** Undefined when there is no such role; a rule says so, the others pass over it. */
  readonly role: Role | undefined;
  readonly imageName: string;
  readonly image: Image | undefined;
  readonly mac: string | undefined;
  /** The well-formed ones, each with its path. */
  readonly addresses: readonly (Address & { readonly path: Path })[];
}

/** A network that the user gave (`given`) or that stands for itself. */
export interface NamedCidr extends Cidr {
  readonly name: "nodes" | "pods" | "services";
  readonly path: Path;
  readonly given: boolean;
}

export interface RuleContext {
  readonly config: Config;
  readonly library: Library;
  readonly machines: readonly Machine[];
  readonly network: Network;
  /** The well-formed ones of network.nodes, pods and services. */
  readonly cidrs: readonly NamedCidr[];
  readonly endpoint: Endpoint | undefined;
}

/** One thing that a configuration must have; says nothing when it has it. Never throws on what another rule complains of. */
export type Rule = (context: RuleContext) => readonly Diagnostic[];

export const error = (code: DiagnosticCode, message: string, path: Path, hint?: string): Diagnostic => ({
  severity: "error",
  code,
  message,
  path,
  ...(hint === undefined ? {} : { hint }),
});

export const warning = (code: DiagnosticCode, message: string, path: Path, hint?: string): Diagnostic => ({
  ...error(code, message, path, hint),
  severity: "warning",
});

/** The complaint is of the key, not of what it holds. */
export const atKey = (diagnostic: Diagnostic): Diagnostic => ({ ...diagnostic, at: "key" });

const machine = (config: Config, library: Library, entry: ConfigNode | ConfigPool, path: Path): Machine => {
  const pool = "count" in entry;
  const addresses = pool ? [] : entry.address;
  const imageName = entry.image ?? config.image;
  return {
    path,
    name: entry.name,
    entry,
    pool,
    count: pool ? entry.count : 1,
    role: library.roles.get(entry.role),
    imageName,
    image: library.images.get(imageName),
    mac: pool ? undefined : entry.mac,
    addresses: addresses.flatMap((text, index) => {
      const found = parseAddress(text);
      return found === undefined ? [] : [{ ...found, path: [...path, "address", index] }];
    }),
  };
};

const namedCidrs = (config: Config, network: Network): readonly NamedCidr[] =>
  (["nodes", "pods", "services"] as const).flatMap((name) =>
    network[name].flatMap((text, index) => {
      const found = parseCidr(text);
      const given = config.network[name] !== undefined && config.network[name].length > 0;
      return found === undefined ? [] : [{ ...found, name, path: ["network", name, index], given }];
    }),
  );

export const hasBootstrap = (one: Machine, ...bootstraps: readonly Bootstrap[]): boolean =>
  one.role !== undefined && bootstraps.includes(one.role.bootstrap);

export const mastersOf = (machines: readonly Machine[]): readonly Machine[] =>
  machines.filter((each) => hasBootstrap(each, "init", "join-control-plane"));

export const loadBalancersOf = (machines: readonly Machine[]): readonly Machine[] =>
  machines.filter((each) => hasBootstrap(each, "load-balancer"));

export const ruleContext = (config: Config, library: Library): RuleContext => {
  const machines = [
    ...config.nodes.map((entry, index) => machine(config, library, entry, ["nodes", index])),
    ...config.pools.map((entry, index) => machine(config, library, entry, ["pools", index])),
  ];
  const network = completeNetwork(config.network);
  const masters = mastersOf(machines).map(({ addresses, count }) => ({
    addresses: addresses.map(({ text }) => text),
    count,
  }));
  return {
    config,
    library,
    machines,
    network,
    cidrs: namedCidrs(config, network),
    endpoint: completeEndpoint(config.endpoint, masters, loadBalancersOf(machines).length > 0),
  };
};
