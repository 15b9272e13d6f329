// Joining without a token: a kubeconfig with a client certificate, signed where the CA is, that lets a kubelet ask for its own certificate
// (kubeadm's discovery by file). Needs nothing of the cluster until the node itself joins.
import type { Cluster, Json, Node, PassThrough, Secrets } from "../model.ts";
import type { Io } from "../edge/io.ts";
import { mergePassThrough } from "../resolve/merge.ts";
import { toYaml } from "../render/yaml.ts";
import { issueClientCertificate } from "../secrets/authority.ts";
import { apiServerOf } from "./api-server.ts";
import { joiningGroup } from "./bootstrap-token.ts";
import { kubeconfig } from "./kubeconfig.ts";

export interface OfflineJoin {
  readonly kubeconfig: Json;
  readonly ends: Date;
}

/** Beside kubeadm's configuration: the agent erases that folder when the node is a member. */
const pathOnNode = "/etc/kimg/kubeadm/bootstrap.conf";

/** The user's name is as a token's would be, with the node's name for the token's id: the audit log tells which seed it was. */
export const offlineJoin = async (
  io: Pick<Io, "random" | "now">,
  cluster: Cluster,
  { values }: Secrets,
  node: string,
  lifetimeMilliseconds: number,
): Promise<OfflineJoin> => {
  const user = `system:bootstrap:${node}`.slice(0, 64);
  const authority = { certificate: values["ca.crt"], key: values["ca.key"] };
  const groups = ["system:bootstrappers", joiningGroup];
  const issued = await issueClientCertificate(io, authority, { user, groups, lifetimeMilliseconds });
  const server = apiServerOf(cluster);
  return {
    kubeconfig: kubeconfig({ cluster: cluster.name, server, authority: authority.certificate, user, ...issued }),
    ends: issued.ends,
  };
};

const joinByFile = (text: string) => ({
  kubeadm: { JoinConfiguration: { discovery: { bootstrapToken: null, file: { kubeConfigPath: pathOnNode } } } },
  cloudConfig: { write_files: [{ path: pathOnNode, permissions: "0600", content: text }] },
});

const withJoin = (passThrough: PassThrough, join: OfflineJoin): PassThrough =>
  mergePassThrough(passThrough, joinByFile(toYaml(join.kubeconfig)));

/** The cluster whose node (or pool) of that name joins by the kubeconfig and no longer by a token. */
export const joiningOffline = (cluster: Cluster, name: string, join: OfflineJoin): Cluster => ({
  ...cluster,
  nodes: cluster.nodes.map((node): Node =>
    node.name === name ? { ...node, passThrough: withJoin(node.passThrough, join) } : node,
  ),
});
