// Manifests of the user, as far as it can be told without reading them.
import { formatPath } from "../../diagnostic.ts";
import { namedManifests } from "../manifests.ts";
import type { Rule } from "./context.ts";
import { atKey, error, hasBootstrap, warning } from "./context.ts";

export const manifestTwice: Rule = ({ config }) => {
  const named = namedManifests(config);
  return named.flatMap(({ file, path }, index) => {
    const first = named.slice(0, index).find((each) => each.file === file);
    if (first === undefined) return [];
    return [
      error("manifest/twice", `${file} is named twice`, path, `it is applied as ${formatPath(first.path)} already`),
    ];
  });
};

/** Applied once, by the node that makes the cluster. */
export const manifestsUnused: Rule = ({ config, machines }) => {
  if (machines.some((each) => each.role === undefined || hasBootstrap(each, "init"))) return [];
  const hint = "no node of this file makes the cluster; apply them with kubectl to the one that is there";
  return [...new Set(namedManifests(config).map(({ path }) => String(path[0])))].map((section) => {
    const path = section === "network" ? ["network", "cni"] : [section];
    return atKey(warning("manifest/no-effect", `nobody would apply ${formatPath(path)}`, path, hint));
  });
};
