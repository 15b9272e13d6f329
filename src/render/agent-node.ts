// /etc/kimg/node.json: what the boot agent must know of its node (images/agent/kimg_agent/node.py reads it).
import type { Cluster, Node } from "../model.ts";
import { bareAddress } from "../resolve/resolve.ts";
import { metadataJson, toJsonText } from "./jinja.ts";

const kubeadmConfiguration = ({ role }: Node): string => {
  if (role.bootstrap === "load-balancer") return "";
  return role.bootstrap === "init" ? "/etc/kimg/kubeadm/init.yaml" : "/etc/kimg/kubeadm/join.yaml";
};

const mastersOf = ({ nodes }: Cluster): readonly Node[] =>
  nodes.filter(({ role }) => role.bootstrap === "init" || role.bootstrap === "join-control-plane");

export const agentNodeText = (cluster: Cluster, node: Node): string =>
  toJsonText({
    version: 1,
    cluster: metadataJson("cluster"),
    node: metadataJson("node"),
    role: metadataJson("role"),
    bootstrap: metadataJson("bootstrap"),
    endpoint: { host: metadataJson("endpoint.host"), port: metadataJson("endpoint.port") },
    ca_hash: metadataJson("ca_hash"),
    cluster_state: metadataJson("cluster_state"),
    node_subnets: cluster.network.nodes,
    peers: mastersOf(cluster).flatMap(({ addresses }) => addresses.slice(0, 1).map(bareAddress)),
    kubeadm_config: kubeadmConfiguration(node),
  });
