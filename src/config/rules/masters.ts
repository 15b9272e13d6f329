// The control plane's members: one that makes the cluster, an odd number in all.
import type { Path } from "../../diagnostic.ts";
import type { Rule } from "./context.ts";
import { error, hasBootstrap, mastersOf, warning } from "./context.ts";

/** Where a missing machine would be written. */
const machinesPath = (nodes: number): Path => (nodes > 0 ? ["nodes"] : ["pools"]);

export const initCount: Rule = ({ config, machines, library }) => {
  if (machines.some(({ role }) => role === undefined)) return [];
  const [first, ...others] = machines.filter((each) => hasBootstrap(each, "init"));
  const joining = [...library.roles.values()].find(({ bootstrap }) => bootstrap === "join-control-plane")?.name;
  if (first !== undefined) {
    return others.map(({ path }) =>
      error(
        "masters/two-init",
        "a second node that makes the cluster: two clusters would come up behind one endpoint",
        [...path, "role"],
        `${first.name} makes it${joining === undefined ? "" : `; give this one the role ${joining}`}`,
      ),
    );
  }
  if (config.clusterState === "existing") return [];
  const making = [...library.roles.values()].filter(({ bootstrap }) => bootstrap === "init").map(({ name }) => name);
  const hint = `give one node the role ${making.join(" or ")}, or write clusterState: existing when the cluster runs already`;
  return [error("masters/no-init", "no node makes the cluster", machinesPath(config.nodes.length), hint)];
};

export const pooledInit: Rule = ({ machines }) =>
  machines
    .filter((each) => hasBootstrap(each, "init") && each.count > 1)
    .map(({ path, count }) =>
      error(
        "masters/two-init",
        `${count} machines that make the cluster: ${count} clusters would come up behind one endpoint`,
        [...path, "count"],
        "make it 1, and the other masters a pool that joins",
      ),
    );

/** etcd needs a majority: an even member adds a way to fail and no failure that can be borne. */
export const evenMasters: Rule = ({ config, machines }) => {
  if (machines.some(({ role }) => role === undefined)) return [];
  const masters = mastersOf(machines);
  const count = masters.reduce((sum, each) => sum + each.count, 0);
  if (count === 0 || count % 2 === 1 || config.clusterState === "existing") return [];
  const path = [...(masters.at(-1)?.path ?? []), "role"];
  const message = `${count} masters bear the loss of ${count / 2 - 1}, as ${count - 1} would`;
  return [warning("masters/even", message, path, `etcd needs a majority: make it ${count + 1} or ${count - 1}`)];
};
