// What was seen of a cluster, held against cluster.yaml: what is wrong, and what will be. Pure; asks nothing.
import type { DiagnosticCode } from "../codes/index.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { compareVersions } from "../kubernetes-version.ts";
import type { Cluster, Node } from "../model.ts";
import { countMachines, mastersOf } from "../resolve/resolve.ts";
import type { Observed, ObservedNode } from "./observed.ts";

const error = (code: DiagnosticCode, message: string, hint: string): Diagnostic => ({
  severity: "error",
  code,
  message,
  hint,
});
const warning = (code: DiagnosticCode, message: string, hint: string): Diagnostic => ({
  severity: "warning",
  code,
  message,
  hint,
});

const dayMilliseconds = 86_400_000;

/** kubeadm's certificates live a year; the masters' timer renews them in its last month. Days. */
const renewalDays = 30;
const lateDays = 7;

/** Whole days from now on; negative when it is over. */
export const daysUntil = (now: Date, ends: Date): number =>
  Math.floor((ends.getTime() - now.getTime()) / dayMilliseconds);

const members = ({ nodes }: Cluster): readonly Node[] => nodes.filter(({ role }) => role.bootstrap !== "load-balancer");

/** Machines of a pool have names that nobody knows beforehand. */
const named = (cluster: Cluster): readonly Node[] => members(cluster).filter(({ pool }) => !pool);

const missingNodes = (cluster: Cluster, { nodes }: Observed): readonly Diagnostic[] =>
  named(cluster)
    .filter(({ name }) => !nodes.some((node) => node.name === name))
    .map(({ name, role }) =>
      error(
        "status/node-missing",
        `${name} (${role.name}) is in cluster.yaml and not in the cluster`,
        "its console says what it waits for; its token may be over: kimg token --render",
      ),
    );

const unreadyNodes = ({ nodes }: Observed): readonly Diagnostic[] =>
  nodes
    .filter(({ ready }) => !ready)
    .map(({ name, reason }) =>
      error("status/node-not-ready", `${name} is not Ready: ${reason}`, `kubectl describe node ${name}`),
    );

/** In the cluster, and neither named in cluster.yaml nor one of as many as its pools have. */
const strangers = (cluster: Cluster, { nodes }: Observed): readonly Diagnostic[] => {
  const names = new Set(named(cluster).map(({ name }) => name));
  const others = nodes.filter(({ name }) => !names.has(name));
  const pools = members(cluster).filter(({ pool }) => pool);
  const wanted = countMachines(pools);
  if (others.length > wanted) {
    const who = others.map(({ name }) => name).join(", ");
    const message =
      wanted === 0
        ? `not in cluster.yaml: ${who}`
        : `${others.length} machines have no name in cluster.yaml, and its pools are of ${wanted}: ${who}`;
    const hint = "write them into cluster.yaml, or remove them with kubectl delete node";
    return [warning("status/node-unknown", message, hint)];
  }
  if (others.length === wanted) return [];
  const message = `${others.length} of ${wanted} machines of ${pools.map(({ name }) => name).join(", ")} are in the cluster`;
  return [warning("status/pool-incomplete", message, "boot the others, or write the count that there is")];
};

const minorOf = (version: string): number => Number(version.split(".")[1]);

/** kubernetes.io, Version Skew Policy: a kubelet is never newer than the API server, and at most three minors older. */
const kubeletSkew = (node: ObservedNode, api: string): Diagnostic | undefined => {
  const behind = minorOf(api) - minorOf(node.version);
  // Not a number where one of them is not known.
  if (!(behind < 0 || behind > 3)) return undefined;
  const relation = behind < 0 ? "newer than" : `${behind} minors behind`;
  const message = `the kubelet of ${node.name} (${node.version}) is ${relation} the API server (${api})`;
  return error(
    "status/skew",
    message,
    "at most three minors behind, and never ahead: replace it with a node of another image",
  );
};

const skews = ({ kubernetes }: Cluster, { version, nodes }: Observed): readonly Diagnostic[] => {
  const wanted = kubernetes.version;
  const broken = nodes.map((node) => kubeletSkew(node, version)).filter((each) => each !== undefined);
  const differing = [{ name: "the API server", version }, ...nodes]
    .filter((each) => each.version !== "" && compareVersions(each.version, wanted) !== 0)
    .map((each) => `${each.name} (${each.version})`);
  if (differing.length === 0) return broken;
  const message = `cluster.yaml says Kubernetes ${wanted}, and there are others: ${differing.join(", ")}`;
  return [
    ...broken,
    warning("status/version", message, "a machine that is replaced does not bring it: kimg help upgrade"),
  ];
};

const etcdProblems = (cluster: Cluster, { components }: Observed): readonly Diagnostic[] => {
  const wanted = countMachines(mastersOf(cluster.nodes));
  const pods = components.filter(({ component }) => component === "etcd");
  const ready = pods.filter((pod) => pod.ready).length;
  if (ready >= wanted && ready === pods.length) return [];
  const total = Math.max(wanted, pods.length);
  const spare = ready - (Math.floor(total / 2) + 1);
  const left =
    spare > 0
      ? `${spare} more may fail`
      : spare === 0
        ? "the next one that fails stops the cluster"
        : "that is no quorum";
  const message = `${ready} of ${total} etcd members are ready: ${left}`;
  const hint = "bring the master back, or replace it: kimg replace NODE";
  return [ready < wanted ? error("status/etcd", message, hint) : warning("status/etcd", message, hint)];
};

/** etcd has words of its own. */
const componentProblems = ({ components }: Observed): readonly Diagnostic[] =>
  components
    .filter(({ component, ready }) => component !== "etcd" && !ready)
    .map(({ component, node }) =>
      error(
        "status/component",
        `${component} on ${node} is not ready`,
        `kubectl -n kube-system logs ${component}-${node}`,
      ),
    );

const coreDnsProblems = ({ coreDns }: Observed): readonly Diagnostic[] => {
  if (coreDns === undefined)
    return [warning("status/coredns", "there is no CoreDNS", "kubeadm makes it, unless its addon was skipped")];
  const { wanted, ready } = coreDns;
  if (ready >= wanted) return [];
  const message = `${ready} of ${wanted} CoreDNS pods are ready`;
  const hint = "kubectl -n kube-system describe pods -l k8s-app=kube-dns; without a network plugin they never start";
  return [ready === 0 ? error("status/coredns", message, hint) : warning("status/coredns", message, hint)];
};

const serverProblems = ({ servers }: Observed): readonly Diagnostic[] =>
  servers
    .filter(({ status }) => status !== undefined && status !== 200)
    .map(({ name, status }) =>
      error("status/api-server", `the API server of ${name} answers ${status}`, "kubectl get --raw '/readyz?verbose'"),
    );

const certificateProblem = (now: Date, whose: string, ends: Date | undefined): readonly Diagnostic[] => {
  const days = ends === undefined ? renewalDays : daysUntil(now, ends);
  if (days >= renewalDays) return [];
  const message = `the certificate of ${whose} ends in ${days} days`;
  const hint = "the masters renew theirs by themselves in the last 30 days: kimg-agent status says there why not";
  return [days < lateDays ? error("status/certificate", message, hint) : warning("status/certificate", message, hint)];
};

const certificateProblems = (now: Date, observed: Observed): readonly Diagnostic[] => {
  const own = observed.servers.filter(({ certificateEnds }) => certificateEnds !== undefined);
  if (own.length === 0) return certificateProblem(now, "the API server", observed.certificateEnds);
  return own.flatMap(({ name, certificateEnds }) =>
    certificateProblem(now, `the API server of ${name}`, certificateEnds),
  );
};

/** Everything, errors first; with an error the cluster is not healthy. */
export const judge = (cluster: Cluster, observed: Observed, now: Date): readonly Diagnostic[] => {
  const all = [
    ...missingNodes(cluster, observed),
    ...unreadyNodes(observed),
    ...etcdProblems(cluster, observed),
    ...componentProblems(observed),
    ...serverProblems(observed),
    ...coreDnsProblems(observed),
    ...certificateProblems(now, observed),
    ...skews(cluster, observed),
    ...strangers(cluster, observed),
  ];
  return all.toSorted((left, right) => Number(left.severity === "warning") - Number(right.severity === "warning"));
};
