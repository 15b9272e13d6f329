// Labels and taints: what the API server accepts, and what a kubelet may say of itself.
import type { Rule } from "./context.ts";
import { atKey, error, hasBootstrap, warning } from "./context.ts";

/** apimachinery, IsQualifiedName and IsValidLabelValue. */
const namePart = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const prefixPart = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

const isKey = (key: string): boolean => {
  const [name = "", prefix, ...rest] = key.split("/").toReversed();
  if (rest.length > 0 || !namePart.test(name)) return false;
  return prefix === undefined || (prefix.length <= 253 && prefixPart.test(prefix));
};

const isValue = (value: string): boolean => value === "" || namePart.test(value);

const keyHint = "expected NAME or DOMAIN/NAME; a name has at most 63 letters, digits, -, _ and .";
const valueHint = "expected at most 63 letters, digits, -, _ and ., with a letter or digit at both ends";

export const labelSyntax: Rule = ({ machines }) =>
  machines.flatMap(({ entry, path }) =>
    Object.entries(entry.labels).flatMap(([key, value]) => {
      const where = [...path, "labels", key];
      const bad = JSON.stringify(isKey(key) ? value : key);
      if (!isKey(key)) return [atKey(error("node/bad-label", `${bad} is not a label`, where, keyHint))];
      return isValue(value) ? [] : [error("node/bad-label", `${bad} is not a label's value`, where, valueHint)];
    }),
  );

/** k8s.io/kubelet/pkg/apis, KubeletLabels: the only ones of Kubernetes' own domains that a kubelet may set. */
const allowedLabels: ReadonlySet<string> = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
  "beta.kubernetes.io/instance-type",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
]);

const isForbidden = (key: string): boolean => {
  const [prefix] = key.includes("/") ? key.split("/") : [];
  if (prefix === undefined || !/(?:^|\.)(?:kubernetes|k8s)\.io$/.test(prefix)) return false;
  return !allowedLabels.has(key) && !/(?:^|\.)(?:kubelet|node)\.kubernetes\.io$/.test(prefix);
};

/** The kubelet exits when it is given one of these (cmd/kubelet/app/options, ValidateKubeletFlags). */
export const kubeletLabels: Rule = ({ machines }) =>
  machines.flatMap(({ entry, path }) =>
    Object.keys(entry.labels)
      .filter((key) => isKey(key) && isForbidden(key))
      .map((key) => {
        const message = `a node cannot give itself the label ${key}: the kubelet would not start`;
        const hint = "use a domain of your own or node.kubernetes.io/, or set it with kubectl when the node is there";
        return atKey(error("node/forbidden-label", message, [...path, "labels", key], hint));
      }),
  );

export const taintSyntax: Rule = ({ machines }) =>
  machines.flatMap(({ entry, path }) =>
    entry.taints.flatMap(({ key, value }, index) => {
      const where = [...path, "taints", index];
      if (!isKey(key)) {
        return [error("node/bad-taint", `${JSON.stringify(key)} is not a taint's key`, [...where, "key"], keyHint)];
      }
      if (value === undefined || isValue(value)) return [];
      return [
        error("node/bad-taint", `${JSON.stringify(value)} is not a taint's value`, [...where, "value"], valueHint),
      ];
    }),
  );

export const loadBalancerLabels: Rule = ({ machines }) =>
  machines
    .filter((each) => hasBootstrap(each, "load-balancer"))
    .flatMap(({ entry, path }) =>
      (["labels", "taints"] as const)
        .filter((key) => Object.keys(entry[key]).length > 0)
        .map((key) => {
          const message = `${key} have no effect: a load balancer is no node of Kubernetes`;
          return atKey(warning("node/no-kubelet", message, [...path, key], "remove them"));
        }),
    );
