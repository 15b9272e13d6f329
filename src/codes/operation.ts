// What can be wrong with seeds, and with a cluster that runs.
import type { CodeEntries } from "./entry.ts";

export const renderCodes = {
  "render/list-damaged": {
    meaning: "The list of what kimg wrote into the folder is not one: somebody changed it, or a disk lost it.",
    cure: "Move the folder away, and render again. What it holds comes from `cluster.yaml`, its secrets, and what `kimg token --render` added.",
    example: "build/prod/.kimg-render.json is damaged: kimg does not know any more what it has written there",
  },
  "render/no-metadata": {
    meaning: "A role reads a value from the instance's meta-data that this node or pool does not have.",
    cure: "Give the node an `address`, or let the role ask for the value with a condition.",
    example: "workers: the role edge-1 reads kimg.address from the meta-data, and this pool has none",
  },
  "render/not-ours": {
    meaning: "A file that kimg did not write, or that somebody has changed since, lies where a seed belongs.",
    cure: "Move it away, or give another folder with `--output`. What you have changed in a seed belongs into `cluster.yaml`, such as `cloudConfig`.",
    example:
      "build/prod/cp1/nocloud/user-data is in the way: kimg did not write it as it is, and does not overwrite it",
  },
  "render/not-sealed": {
    meaning:
      "As long as `cluster.yaml` does not say that the cluster exists, the seed of its first master makes one where it finds none.",
    cure: "`kimg seal`, as soon as the cluster stands.",
    example: "warning: the seed of cp1 makes a cluster where it finds none",
  },
  "render/seed-nearly-full": {
    meaning: "A seed takes more than 80 % of what its datasource carries.",
    cure: "See which part is large, in the hint: manifests and files of your own are the first that can go elsewhere.",
    example: "warning: cp1: user-data takes 13,402 of the 16,384 bytes that ec2 carries (82 %, compressed)",
  },
  "render/seed-too-big": {
    meaning: "A seed is larger than its datasource carries: the machine would never be made, or boot without it.",
    cure: "The hint says which part is how large and what would make it smaller. See docs/datasources.md.",
    example: "cp1: user-data takes 17,911 of the 16,384 bytes that ec2 carries (109 %, compressed)",
  },
  "seal/cannot-edit": {
    meaning: "`cluster.yaml` is written in a form that kimg cannot add a line to without touching what is yours.",
    cure: "Write the line that the hint gives into it by hand.",
    example: "cluster.yaml is written in a way that kimg cannot change without touching more of it",
  },
  "seal/changed": {
    meaning:
      "`cluster.yaml` was changed while `kimg seal` waited for an answer; what it had read is no longer what is there.",
    cure: "Run it again: nothing was written.",
    example: "cluster.yaml has changed since it was read",
  },
  "seal/link": {
    meaning: "`cluster.yaml` is a symbolic link, which would be replaced by a file.",
    cure: "Name the file that it leads to.",
    example: "cluster.yaml is a symbolic link",
  },
  "token/does-not-join": {
    meaning: "A token is for machines that join, and this node does not.",
    cure: "Nothing: its seed is always good.",
    example: "lb1 is a load balancer: it does not join, and needs no token",
  },
} as const satisfies CodeEntries;

export const statusCodes = {
  "status/api-server": {
    meaning: "An API server answers, and says that it is not ready.",
    cure: "`kubectl get --raw '/readyz?verbose'` says which of its checks fails.",
    example: "the API server of cp2 answers 500",
  },
  "status/certificate": {
    meaning:
      "An API server's certificate ends soon. The masters renew theirs by themselves, so something there keeps them from it.",
    cure: "`kimg-agent status` on that master says why; `systemctl list-timers` whether its timer runs.",
    example: "warning: the certificate of cp2 ends in 21 days",
  },
  "status/component": {
    meaning: "A control plane's component is not ready.",
    cure: "Read its log, as the hint says.",
    example: "kube-scheduler on cp2 is not ready",
  },
  "status/coredns": {
    meaning: "Pods of CoreDNS are missing or not ready: names of services are not found.",
    cure: "Look at the pods; without a network plugin they never start.",
    example: "0 of 2 CoreDNS pods are ready",
  },
  "status/etcd": {
    meaning: "Members of etcd are not ready; when a majority is not, the cluster stands still.",
    cure: "Bring the master back, or replace it: `kimg replace NODE`.",
    example: "2 of 3 etcd members are ready: the next one that fails stops the cluster",
  },
  "status/node-missing": {
    meaning: "A node of `cluster.yaml` is not in the cluster.",
    cure: "Its console says what it waits for. When its token has ended: `kimg token --render`.",
    example: "cp3 (master-join) is in cluster.yaml and not in the cluster",
  },
  "status/node-not-ready": {
    meaning: "A node is in the cluster and not Ready.",
    cure: "`kubectl describe node NODE` says why.",
    example: "cp2 is not Ready: KubeletNotReady",
  },
  "status/node-unknown": {
    meaning: "The cluster has nodes that `cluster.yaml` does not name.",
    cure: "Write them into it, or remove them with `kubectl delete node`.",
    example: "warning: not in cluster.yaml: w9",
  },
  "status/pool-incomplete": {
    meaning: "Fewer machines of a pool are in the cluster than its `count` says.",
    cure: "Boot the others, or write the count that there is.",
    example: "warning: 8 of 10 machines of workers are in the cluster",
  },
  "status/skew": {
    meaning:
      "A kubelet is newer than the API server or more than three minors behind it, which Kubernetes does not support.",
    cure: "Replace the node by one of another image.",
    example: "the kubelet of w1 (1.33.0) is 4 minors behind the API server (1.37.2)",
  },
  "status/version": {
    meaning: "Nodes run another Kubernetes than `cluster.yaml` says.",
    cure: "Write the version that the cluster has into `cluster.yaml`. A machine that is replaced does not bring another: `kimg help upgrade`.",
    example: "warning: cluster.yaml says Kubernetes 1.37.2, and there are others: w1 1.36.3",
  },
} as const satisfies CodeEntries;

export const repairCodes = {
  "recover/damaged": {
    meaning: "The snapshot's bytes and the digest at its end do not belong together.",
    cure: "Take another; a master keeps several.",
    example: "etcd.db is damaged: its database and its digest do not belong together",
  },
  "recover/no-digest": {
    meaning: "The file is not what `etcdctl snapshot save` writes: it has no digest at its end.",
    cure: "Take a snapshot, not a copy of etcd's own files.",
    example: "etcd.db is no snapshot of etcd: there is no digest behind the database",
  },
  "recover/no-master": {
    meaning: "etcd begins again on a master that has a name of its own, and this node is none.",
    cure: "Name one of those that the hint lists.",
    example: "w1 is no master with a name of its own: it holds no etcd",
  },
  "recover/no-snapshot": {
    meaning: "There is no file of that name.",
    cure: "Name a snapshot of etcd.",
    example: "there is no etcd.db",
  },
  "recover/not-sealed": {
    meaning:
      "`cluster.yaml` does not say that the cluster exists: seeds of the other masters could make a second one meanwhile.",
    cure: "`kimg seal`, then again.",
    example: "cluster.yaml does not say that the cluster exists: the other masters' seeds could make a second one",
  },
  "recover/other-cluster": {
    meaning: "The snapshot does not hold this cluster's CA, which etcd has in clear unless ConfigMaps are encrypted.",
    cure: "Make sure that it is the right one before you boot the seed.",
    example: "warning: etcd.db does not hold this cluster's CA: it is most likely another cluster's snapshot",
  },
  "recover/still-alive": {
    meaning:
      "The API answers, so etcd has its quorum, and a second beginning would lose what was written since the snapshot.",
    cure: "`kimg status` says what is wrong; `kimg replace` makes room for a machine that is lost.",
    example: "the API at https://10.0.0.10:6443 answers, so etcd has its quorum: there is nothing to recover from",
  },
  "recover/too-large": {
    meaning: "The snapshot does not fit into the drive that the machine reads it from.",
    cure: "Defragment etcd before its next snapshot.",
    example: "etcd.db is 4 GiB or more",
  },
  "replace/changed": {
    meaning: "While `kimg replace` waited for an answer, the cluster became another than the one that was asked about.",
    cure: "Run it again: nothing was done, and it says what it would do now.",
    example: "the cluster has changed since the question; now it would be: mint a master-token for 24h",
  },
  "replace/no-quorum": {
    meaning: "Without this member etcd's other members would have no majority, so it cannot be removed.",
    cure: "Bring another master back first; where that cannot be, `kimg recover`.",
    example: "without cp2, 1 of 3 etcd members are alive, and 2 must be",
  },
  "replace/not-sealed": {
    meaning: "The node makes a cluster where it finds none, and `cluster.yaml` does not say that there is one.",
    cure: "`kimg seal`, then again.",
    example: "cp1 makes a cluster where it finds none, and cluster.yaml does not say that there is one",
  },
  "replace/pool": {
    meaning: "A pool is no single machine: its machines are known by names of their own.",
    cure: "Delete the machine with `kubectl delete node`, and boot another with the pool's seed.",
    example: "workers is a pool: its machines have names of their own",
  },
  "replace/still-alive": {
    meaning: "The machine that is to be replaced is alive; two machines must never have one name.",
    cure: "Switch it off first, and for good. Where another machine has its address by now, or a proxy takes the connection in its place, remove the dead one's etcd member with `etcdctl member remove`.",
    example:
      "at https://10.0.0.22:2379, where the etcd member of cp2 belongs, somebody answers: 503: etcdserver: no leader",
  },
} as const satisfies CodeEntries;
