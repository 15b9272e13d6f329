// Bugs of kubeadm that a cluster of the given version can meet while it forms, with the thread that tells of each. Data only. Versions: each
// that kimg has a supply of and in whose source (cmd/kubeadm/app) the bug was found; those that were mended before 1.34.4 are left out
// (kubeadm#2997, #3152).
import type { RuleContext } from "./context.ts";
import { loadBalancersOf, mastersOf } from "./context.ts";

export interface KnownBug {
  readonly versions: readonly string[];
  /** Whether the cluster is one that can meet it. */
  readonly concerns: (context: RuleContext) => boolean;
  readonly message: string;
  readonly hint: string;
  readonly thread: string;
}

const isMaster = ({ machines, endpoint }: RuleContext): boolean =>
  mastersOf(machines).some(({ addresses }) => addresses.some(({ text }) => text === endpoint?.host));

export const knownBugs: readonly KnownBug[] = [
  {
    // app/cmd/init.go: Client() made from admin.conf, which names the endpoint. Mended by kubernetes#138449 in 1.36.1.
    versions: ["1.34.4", "1.35.4"],
    concerns: (context) =>
      context.config.clusterState === "new" && loadBalancersOf(context.machines).length === 0 && !isMaster(context),
    message: "makes the cluster through the endpoint, which has nobody behind it until then",
    hint: "your load balancer must pass connections on within 10 minutes of the first API server's start (InitConfiguration.timeouts.kubernetesAPICall)",
    thread: "https://github.com/kubernetes/kubeadm/issues/3294",
  },
  {
    // app/util/etcd/etcd.go: MemberPromote() asks for what was done already. Mended by kubernetes#139842 in 1.36.3.
    versions: ["1.34.4", "1.35.4", "1.36.1"],
    concerns: ({ machines }) => mastersOf(machines).reduce((sum, { count }) => sum + count, 0) > 1,
    message: "may fail to join a master although its etcd has become a voter, when an answer of etcd gets lost",
    hint: "the node's agent finishes such a join; only the time until then is lost",
    thread: "https://github.com/kubernetes/kubeadm/issues/3317",
  },
];
