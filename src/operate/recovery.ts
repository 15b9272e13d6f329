// A master's seed that begins the cluster again from a snapshot of etcd (images/agent/kimg_agent/state/recovery.py reads it): what to restore, and
// kubeadm's configuration for making a control plane, which only the init node's own seed has otherwise.
import type { Cluster, Json, Node } from "../model.ts";
import { metadataText } from "../render/jinja.ts";
import { initText } from "../render/kubeadm/kubeadm.ts";
import { mergePassThrough, mergePatch } from "../resolve/merge.ts";
import { mastersOf } from "../resolve/resolve.ts";

export interface Recovery {
  /** Lower-case hex: the agent does each recovery once. */
  readonly id: string;
  /** Of the snapshot's file, lower-case hex. */
  readonly sha256: string;
  /** Until when the seed may begin it. */
  readonly expires: Date;
}

/** Where the agent finds the snapshot: on a drive of this label, or in a folder beside that of a NoCloud seed. */
export const recoveryDrive = { label: "KIMG_RECOVERY", file: "snapshot.db" } as const;
export const recoveryPath = `/var/lib/cloud/seed/nocloud-recovery/${recoveryDrive.file}`;

const documentPath = "/etc/kimg/recover.json";
const configurationPath = "/etc/kimg/kubeadm/init.yaml";

/** Of the masters that the snapshot knows and that are gone. */
export const otherMasters = ({ nodes }: Cluster, { name }: Node): readonly string[] =>
  mastersOf(nodes)
    .filter((master) => !master.pool && master.name !== name)
    .map((master) => master.name);

const recoverDocument = (cluster: Cluster, node: Node, { id, sha256, expires }: Recovery): Json => ({
  version: 1,
  id,
  ...recoveryDrive,
  path: recoveryPath,
  sha256,
  expires: `${expires.toISOString().slice(0, 19)}Z`,
  others: otherMasters(cluster, node),
});

/** The masters' token alone: a seed of a master that joins must not have the workers'. The others' seeds join with it again. */
const bootstrapTokens: readonly Json[] = [
  {
    token: metadataText("token"),
    description: "joins masters",
    ttl: "24h0m0s",
    usages: ["signing", "authentication"],
    groups: ["system:bootstrappers:kubeadm:default-node-token"],
  },
];

const initConfiguration = (cluster: Cluster, node: Node): string => {
  const kubeadm = { InitConfiguration: { bootstrapTokens } };
  const passThrough = mergePassThrough(node.passThrough, { kubeadm });
  const kubeletPatch = Object.keys(mergePatch(cluster.passThrough.kubelet, node.passThrough.kubelet)).length > 0;
  return initText({ cluster, node: { ...node, passThrough }, kubeletPatch });
};

const withRecovery = (cluster: Cluster, node: Node, recovery: Recovery): Node => {
  const text = `${JSON.stringify(recoverDocument(cluster, node, recovery), undefined, 2)}\n`;
  const files = [
    { path: documentPath, permissions: "0600", content: text },
    { path: configurationPath, permissions: "0600", content: initConfiguration(cluster, node) },
  ];
  return { ...node, passThrough: mergePassThrough(node.passThrough, { cloudConfig: { write_files: files } }) };
};

/** The cluster whose master of that name begins again from a snapshot. */
export const recovering = (cluster: Cluster, name: string, recovery: Recovery): Cluster => ({
  ...cluster,
  nodes: cluster.nodes.map((node): Node => (node.name === name ? withRecovery(cluster, node, recovery) : node)),
});
