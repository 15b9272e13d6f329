// `kimg init`: a commented cluster.yaml to start from. Overwrites nothing.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { shippedFolder } from "../content.ts";
import { DiagnosticError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import { defaultSupply } from "../model.ts";
import { kubernetesVersions } from "../supply/releases.ts";

export interface InitOptions {
  /** Path of the file to write. */
  readonly cluster: string;
  readonly json?: boolean;
}

/** Editors with a YAML language server complete and check what it names: https://github.com/redhat-developer/yaml-language-server */
const schemaUrl = pathToFileURL(join(shippedFolder, "schema/cluster.schema.json")).href;

const text = (version: string): string => `# yaml-language-server: $schema=${schemaUrl}
#
# One cluster: one load balancer, three masters, ten workers. Put in your own names and addresses, then run \`kimg check\`.
# Everything that can be written here: docs/config.md of kimg.
version: 1
name: example

kubernetes:
  version: ${version}
  # Where it comes from: modules (compiled from the Go module proxy), upstream (packages and images that upstream publishes),
  # or mirror (a folder made by \`kimg mirror create\`, named by mirror:).
  from: ${defaultSupply}

# Where every node reaches the API: the load balancer's address, a free address of the nodes' network that two load balancers
# share, or the name or address of a load balancer of your own.
endpoint:
  host: 10.0.0.10
  port: 6443

network:
  # The machines' own network. A list of two makes a dual-stack cluster: [10.0.0.0/24, "fd00:1::/64"].
  nodes: 10.0.0.0/24
  gateway: 10.0.0.1
  dns: [10.0.0.2]
  # Addresses inside of the cluster: they must be free, here and wherever pods connect to.
  pods: 10.244.0.0/16
  services: 10.96.0.0/12
  cni: flannel # or none, and apply your own

# The base image of every node: a folder of images/.
image: debian-13

# How cloud-init on the machines gets its seed: nocloud, proxmox, vmware, openstack, ec2, gce, azure and others, see
# docs/datasources.md of kimg.
platform:
  datasource: nocloud

# Machines that have names. Without address: they ask DHCP. With mac: the address is of that network interface.
nodes:
  - { name: lb1, role: haproxy, address: 10.0.0.11 }
  - { name: cp1, role: master-init, address: 10.0.0.21 } # makes the cluster: exactly one
  - { name: cp2, role: master-join, address: 10.0.0.22 }
  - { name: cp3, role: master-join, address: 10.0.0.23 }

# Machines that share one seed: addresses from DHCP, names from the instance.
pools:
  - name: workers
    role: worker
    count: 10
    # labels: { example.org/disk: ssd }
    # taints: [{ key: example.org/dedicated, value: batch, effect: NoSchedule }]

# Whatever kubeadm, the kubelet, kube-proxy, containerd and cloud-init take is merged over kimg's own: here for all nodes, below
# roles.<role> for those of a role, and in a node or pool for that one.
# kubelet:
#   maxPods: 200
# kubeadm:
#   ClusterConfiguration:
#     apiServer:
#       extraArgs: [{ name: event-ttl, value: 2h0m0s }]
# cloudConfig:
#   timezone: Etc/UTC
#   ssh_authorized_keys: [ssh-ed25519 AAAA… me@example.org]
# roles:
#   worker:
#     kubelet: { maxPods: 250 }
`;

const isExisting = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EEXIST";

/** What to print; rejects with DiagnosticError when something is there already. */
export const init = async (io: Io, options: InitOptions): Promise<string> => {
  const { default: version } = await kubernetesVersions(io);
  try {
    await io.files.create(options.cluster, text(version));
  } catch (error) {
    if (!isExisting(error)) throw error;
    const message = `${options.cluster} exists already; nothing was written`;
    const hint = "name another file, or move this one away";
    throw new DiagnosticError([{ severity: "error", code: "file/exists", message, hint }]);
  }
  if (options.json === true) return JSON.stringify({ file: options.cluster }, undefined, 2);
  return `${options.cluster} is written. Put in your own names and addresses, then: kimg check ${options.cluster}`;
};
