// What a renderer of one API version of kubeadm's configuration makes its documents from.
import type { Cluster, Node } from "../../model.ts";

/** Where kubeadm looks for patches of what it deploys, the node's own kubelet settings among them. */
export const patchesFolder = "/etc/kimg/kubeadm/patches";

export interface KubeadmInput {
  readonly cluster: Cluster;
  readonly node: Node;
  /** Settings of this node's kubelet beside the cluster's: kubeadm patches them in. */
  readonly kubeletPatch: boolean;
}
