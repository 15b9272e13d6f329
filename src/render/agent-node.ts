// /etc/kimg/node.json: what the boot agent must know of its node (images/agent/kimg_agent/seed/node.py reads it).
import type { Bootstrap, Cluster, Node } from "../model.ts";
import { bareAddress, countMachines, mastersOf } from "../resolve/resolve.ts";
import { metadataJson, toJsonText } from "./jinja.ts";
import { apiServerPort } from "./kubeadm/v1beta4.ts";

const initConfiguration = "/etc/kimg/kubeadm/init.yaml";
const joinConfiguration = "/etc/kimg/kubeadm/join.yaml";

/** `kubeadm_config` is for what the node is made for; an init node joins where the cluster is there already. Empty: no kubeadm. */
const configurations = (bootstrap: Bootstrap): { readonly kubeadm_config: string; readonly join_config: string } => {
  if (bootstrap === "load-balancer") return { kubeadm_config: "", join_config: "" };
  return {
    kubeadm_config: bootstrap === "init" ? initConfiguration : joinConfiguration,
    join_config: joinConfiguration,
  };
};

export const agentNodeText = (cluster: Cluster, node: Node): string =>
  toJsonText({
    version: 1,
    cluster: metadataJson("cluster"),
    node: metadataJson("node"),
    role: metadataJson("role"),
    bootstrap: metadataJson("bootstrap"),
    // The place among the masters, 0 for the first and for all who are none.
    ordinal: metadataJson("ordinal"),
    endpoint: { host: metadataJson("endpoint.host"), port: metadataJson("endpoint.port") },
    // Of the masters themselves, whatever port the endpoint has.
    api_port: apiServerPort,
    ca_hash: metadataJson("ca_hash"),
    cluster_state: metadataJson("cluster_state"),
    node_subnets: cluster.network.nodes,
    // All masters, this one too, and those of them whose addresses are known.
    masters: countMachines(mastersOf(cluster.nodes)),
    peers: mastersOf(cluster.nodes).flatMap(({ addresses }) => addresses.slice(0, 1).map(bareAddress)),
    ...configurations(node.role.bootstrap),
    // The kubelet's own setting: it runs where there is swap.
    swap_allowed: node.passThrough.kubelet["failSwapOn"] === false,
  });
