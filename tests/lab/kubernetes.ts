// The formed cluster as `kubectl` and etcd on its masters see it. Must not know how machines are run.
import type { Finished } from "../../src/edge/io.ts";
import type { Lab } from "./lab.ts";
import type { ExecOptions, Machine } from "./machine.ts";

export interface KubectlOptions extends ExecOptions {
  /** Name of the master to run it on; the first that has an administrator's kubeconfig when not given. */
  readonly on?: string;
  /** Ask this master's own API server, and not whichever the endpoint leads to. */
  readonly directly?: boolean;
}

export const namesOf = (lab: Lab, ...bootstraps: readonly string[]): readonly string[] =>
  lab.plan.machines.filter(({ bootstrap }) => bootstraps.includes(bootstrap)).map(({ name }) => name);

export const masters = (lab: Lab): readonly string[] => namesOf(lab, "init", "join-control-plane");
export const workers = (lab: Lab): readonly string[] => namesOf(lab, "join-worker");
export const loadBalancers = (lab: Lab): readonly string[] => namesOf(lab, "load-balancer");
export const everyone = (lab: Lab): readonly string[] => lab.plan.machines.map(({ name }) => name);

export const addressOf = (lab: Lab, name: string): string =>
  lab.plan.machines.find((machine) => machine.name === name)?.address ?? "";

const administrator = "/etc/kubernetes/admin.conf";

const firstMaster = async (lab: Lab): Promise<Machine> => {
  for (const name of masters(lab)) {
    const machine = lab.machine(name);
    if (!(await machine.isRunning())) continue;
    if ((await machine.exec(["test", "-s", administrator])).code === 0) return machine;
  }
  throw new Error("no running master has an administrator's kubeconfig");
};

/** Rejects with ToolError when kubectl fails, unless other exit codes are accepted. */
export const kubectl = async (lab: Lab, argv: readonly string[], options: KubectlOptions = {}): Promise<Finished> => {
  const machine = options.on === undefined ? await firstMaster(lab) : lab.machine(options.on);
  const server = options.directly === true ? [`--server=https://${addressOf(lab, machine.name)}:6443`] : [];
  return machine.exec(["kubectl", "--request-timeout=20s", ...server, ...argv], { accept: [0], ...options });
};

export const kubectlJson = async <T>(lab: Lab, argv: readonly string[], options?: KubectlOptions): Promise<T> =>
  JSON.parse((await kubectl(lab, [...argv, "--output=json"], options)).stdout) as T;

interface Condition {
  readonly type: string;
  readonly status: string;
}

interface ContainerStatus {
  readonly state?: { readonly running?: { readonly startedAt: string } };
}

interface KubernetesObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid: string };
  readonly spec?: { readonly renewTime?: string };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly phase?: string;
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface List {
  readonly items: readonly KubernetesObject[];
}

const isReady = ({ status }: KubernetesObject): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;

/** The API believes in a machine that was switched off for a while yet: what counts is what was heard of it since. */
const heardSince = async (lab: Lab, since: Date): Promise<ReadonlySet<string>> => {
  const { items } = await kubectlJson<List>(lab, ["--namespace=kube-node-lease", "get", "leases"]);
  const renewed = items.filter(({ spec }) => new Date(spec?.renewTime ?? 0) > since);
  return new Set(renewed.map(({ metadata }) => metadata.name));
};

/** Names of nodes that are Ready, and were heard of since then; sorted. */
export const readyNodes = async (lab: Lab, since = new Date(0)): Promise<readonly string[]> => {
  const heard = await heardSince(lab, since);
  const { items } = await kubectlJson<List>(lab, ["get", "nodes"]);
  return items
    .filter((node) => isReady(node) && heard.has(node.metadata.name))
    .map(({ metadata }) => metadata.name)
    .toSorted();
};

export const nodeNames = async (lab: Lab): Promise<readonly string[]> =>
  (await kubectlJson<List>(lab, ["get", "nodes"])).items.map(({ metadata }) => metadata.name).toSorted();

const runsSince = ({ status }: KubernetesObject, since: Date): boolean =>
  (status?.containerStatuses ?? []).every(({ state }) => new Date(state?.running?.startedAt ?? 0) > since);

/** `namespace/name` of pods that are not Ready with containers started since then, those that have ended well aside. */
export const unreadyPods = async (lab: Lab, since = new Date(0)): Promise<readonly string[]> => {
  const { items } = await kubectlJson<List>(lab, ["get", "pods", "--all-namespaces"]);
  return items
    .filter((pod) => pod.status?.phase !== "Succeeded" && !(isReady(pod) && runsSince(pod, since)))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
};

/** Of the cluster: the uid of a namespace that is as old as itself. */
export const clusterIdentity = async (lab: Lab, master: string): Promise<string> => {
  const options = { on: master, directly: true };
  return (await kubectlJson<KubernetesObject>(lab, ["get", "namespace", "kube-system"], options)).metadata.uid;
};

export interface EtcdMember {
  readonly name: string;
  readonly isLearner: boolean;
  readonly peers: readonly string[];
}

interface MemberList {
  readonly header: { readonly cluster_id: number };
  readonly members: readonly { readonly name?: string; readonly isLearner?: boolean; readonly peerURLs: string[] }[];
}

const etcdKeys = "/etc/kubernetes/pki/etcd";

/** By etcdctl in a master's own etcd pod: what that member believes. */
export const etcdctl = (lab: Lab, master: string, argv: readonly string[]): Promise<Finished> =>
  kubectl(lab, [
    ...["--namespace=kube-system", "exec", `etcd-${master}`, "--", "etcdctl", `--cacert=${etcdKeys}/ca.crt`],
    ...[`--cert=${etcdKeys}/healthcheck-client.crt`, `--key=${etcdKeys}/healthcheck-client.key`, ...argv],
  ]);

/** The cluster id is a number too large for JSON.parse: its text is what is compared. */
export const etcdMembers = async (
  lab: Lab,
  master: string,
): Promise<{ readonly cluster: string; readonly members: readonly EtcdMember[] }> => {
  const { stdout } = await etcdctl(lab, master, ["member", "list", "--write-out=json"]);
  const members = (JSON.parse(stdout) as MemberList).members.map((member) => ({
    name: member.name ?? "",
    isLearner: member.isLearner ?? false,
    peers: member.peerURLs,
  }));
  return { cluster: /"cluster_id":(\d+)/.exec(stdout)?.[1] ?? "", members };
};
