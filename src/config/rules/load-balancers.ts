// kimg's own load balancers: they must know the masters, and settings for them need them.
import { parseAddress } from "../address.ts";
import type { Rule } from "./context.ts";
import { atKey, error, loadBalancersOf, mastersOf, warning } from "./context.ts";

export const mastersBehindLoadBalancer: Rule = ({ machines }) => {
  const [balancer] = loadBalancersOf(machines);
  if (balancer === undefined) return [];
  return mastersOf(machines)
    .filter(({ entry }) => !("address" in entry) || entry.address.length === 0)
    .map(({ path, name, pool }) =>
      error(
        "masters/no-address",
        `${balancer.name} cannot know where ${pool ? `the machines of ${name} are` : `${name} is`}`,
        path,
        pool ? "make each master a node with an address, or use a load balancer of your own" : "give it an address",
      ),
    );
};

/** An address as endpoint is one load balancer's own, or shared among them by VRRP, which runs between addresses. */
export const loadBalancersWithoutAddress: Rule = ({ machines, endpoint }) => {
  if (endpoint === undefined || parseAddress(endpoint.host) === undefined) return [];
  return loadBalancersOf(machines)
    .filter(({ entry }) => !("address" in entry) || entry.address.length === 0)
    .map(({ path, name, pool }) =>
      error(
        "endpoint/load-balancer-address",
        `${name} cannot serve the endpoint ${endpoint.host}: it has no address of its own`,
        path,
        pool ? "make each load balancer a node with an address" : "give it an address, or make the endpoint a DNS name",
      ),
    );
};

export const loadBalancerUnused: Rule = ({ config, machines }) => {
  if (config.loadBalancer === undefined || machines.some(({ role }) => role === undefined)) return [];
  if (loadBalancersOf(machines).length > 0) return [];
  const message = "loadBalancer has no effect: no node is a load balancer";
  return [atKey(warning("endpoint/no-load-balancer", message, ["loadBalancer"], "remove it"))];
};
