// The user's own fields for other programs: none that kimg must own, none that nobody reads.
import type { Path } from "../../diagnostic.ts";
import { formatPath } from "../../diagnostic.ts";
import { cloudConfigDiagnostics } from "../cloud-config.ts";
import type { Config } from "../schema.ts";
import type { Rule, RuleContext } from "./context.ts";
import { atKey, error, warning } from "./context.ts";
import { ownedArgumentTable, ownedFieldTable, ownedFolders } from "./owned-fields.ts";

type PassThroughFields = Pick<Config, "kubeadm" | "kubelet" | "kubeProxy" | "containerd" | "cloudConfig">;

/** Each place where pass-through can be written, with the roles that it reaches. */
interface Level {
  readonly path: Path;
  readonly fields: PassThroughFields;
  /** Undefined: all. */
  readonly role: string | undefined;
}

const levels = ({ config, machines }: RuleContext): readonly Level[] => [
  { path: [], fields: config, role: undefined },
  ...Object.entries(config.roles).map(([role, fields]) => ({ path: ["roles", role], fields, role })),
  ...machines.map(({ path, entry }) => ({ path, fields: entry, role: entry.role })),
];

const at = (value: unknown, path: Path): unknown => {
  let found: unknown = value;
  for (const part of path) {
    const map = typeof found === "object" && found !== null ? (found as Readonly<Record<string, unknown>>) : {};
    found = Object.hasOwn(map, part) ? map[part] : undefined;
  }
  return found;
};

export const ownedFields: Rule = (context) =>
  levels(context).flatMap(({ path, fields }) =>
    ownedFieldTable
      .filter((owned) => at(fields, owned.path) !== undefined)
      .map((owned) => {
        const message = `${formatPath(owned.path)} belongs to kimg`;
        const hint = `remove it: ${owned.instead}`;
        return atKey(error("pass-through/owned", message, [...path, ...owned.path], hint));
      }),
  );

const isOwned = (path: string): boolean => ownedFolders.some((each) => path === each || path.startsWith(`${each}/`));

export const ownedFiles: Rule = (context) =>
  levels(context).flatMap(({ path, fields }) => {
    const files = fields.cloudConfig?.["write_files"];
    if (!Array.isArray(files)) return [];
    return files.flatMap((file: unknown, index) => {
      const written = at(file, ["path"]);
      if (typeof written !== "string" || !isOwned(written.replaceAll(/\/+/g, "/"))) return [];
      const where = [...path, "cloudConfig", "write_files", index, "path"];
      const hint = "files of kimg and kubeadm are made from this document: use kubeadm:, kubelet: and the like";
      return [error("pass-through/owned-file", `${written} belongs to kimg`, where, hint)];
    });
  });

export const ownedArguments: Rule = (context) =>
  levels(context).flatMap(({ path, fields }) =>
    ownedArgumentTable.flatMap((owned) => {
      const list = at(fields, owned.path);
      if (!Array.isArray(list)) return [];
      return list.flatMap((argument: unknown, index) => {
        const name = at(argument, ["name"]);
        if (typeof name !== "string" || !Object.hasOwn(owned.names, name)) return [];
        const hint = `remove it: ${owned.names[name]}`;
        return [
          error("pass-through/owned", `the argument ${name} belongs to kimg`, [...path, ...owned.path, index], hint),
        ];
      });
    }),
  );

/** What differs from the cluster's kubelet settings reaches a node as a patch in kimg's own folder; kubeadm reads one folder. */
export const patchesFolder: Rule = (context) => {
  const [, ...below] = levels(context);
  if (below.every(({ fields }) => fields.kubelet === undefined)) return [];
  return levels(context).flatMap(({ path, fields }) =>
    (["InitConfiguration", "JoinConfiguration"] as const)
      .filter((document) => at(fields, ["kubeadm", document, "patches"]) !== undefined)
      .map((document) => {
        const where = [...path, "kubeadm", document, "patches"];
        const message = "patches would replace those that carry the kubelet: settings of roles and nodes";
        return atKey(error("pass-through/patches", message, where, "remove it, or write kubelet: at the top only"));
      }),
  );
};

/** Where v1beta4 has lists of `{name, value}`, and v1beta3 had maps. */
const argumentPaths: readonly Path[] = [
  ["kubeadm", "InitConfiguration", "nodeRegistration", "kubeletExtraArgs"],
  ["kubeadm", "JoinConfiguration", "nodeRegistration", "kubeletExtraArgs"],
  ["kubeadm", "ClusterConfiguration", "apiServer", "extraArgs"],
  ["kubeadm", "ClusterConfiguration", "controllerManager", "extraArgs"],
  ["kubeadm", "ClusterConfiguration", "scheduler", "extraArgs"],
  ["kubeadm", "ClusterConfiguration", "etcd", "local", "extraArgs"],
];

export const argumentLists: Rule = (context) =>
  levels(context).flatMap(({ path, fields }) =>
    argumentPaths
      .filter((each) => !Array.isArray(at(fields, each) ?? []))
      .map((each) =>
        error(
          "pass-through/arguments",
          `${formatPath(each.slice(-1))} must be a list (kubeadm v1beta4), not a map`,
          [...path, ...each],
          "write each argument as - { name: NAME, value: TEXT }",
        ),
      ),
  );

export const cloudConfigForm: Rule = (context) =>
  levels(context).flatMap(({ path, fields }) =>
    cloudConfigDiagnostics(fields.cloudConfig ?? {}, [...path, "cloudConfig"]),
  );

/** Read once, when the cluster is made: on the node that makes it. */
const initOnly: readonly Path[] = [
  ["kubeadm", "InitConfiguration"],
  ["kubeadm", "ClusterConfiguration"],
  ["kubeProxy"],
];

const kubernetesOnly: readonly Path[] = [["kubeadm"], ["kubelet"], ["kubeProxy"], ["containerd"]];

/** Fields that nobody reads at the level where they are written. */
export const withoutEffect: Rule = (context) =>
  levels(context).flatMap(({ path, fields, role }) => {
    const bootstrap = role === undefined ? undefined : context.library.roles.get(role)?.bootstrap;
    if (role === undefined || bootstrap === undefined || bootstrap === "init") return [];
    const paths = bootstrap === "load-balancer" ? kubernetesOnly : initOnly;
    const why =
      bootstrap === "load-balancer"
        ? `the role ${role} is no node of Kubernetes`
        : "only the node that makes the cluster reads it; write it at the top of the document";
    return paths
      .filter((each) => at(fields, each) !== undefined)
      .map((each) =>
        atKey(warning("pass-through/no-effect", `${formatPath(each)} has no effect here`, [...path, ...each], why)),
      );
  });
