// What kimg must own in the configuration of other programs, and what to write instead. Data only.
// Names: kubeadm v1beta4 (cmd/kubeadm/app/apis/kubeadm/v1beta4/types.go), kubelet.config.k8s.io/v1beta1, kubeproxy.config.k8s.io/v1alpha1,
// containerd's config.toml, cloud-init's modules.
import type { Path } from "../../diagnostic.ts";

export interface OwnedField {
  /** Below the machine, role or cluster that it is written at. */
  readonly path: Path;
  readonly instead: string;
}

const own = (section: Path, fields: Readonly<Record<string, string>>): readonly OwnedField[] =>
  Object.entries(fields).map(([field, instead]) => ({ path: [...section, ...field.split(".")], instead }));

const form = "kimg writes the form that the Kubernetes version wants";
const nodeName = "write it as the node's name:";
const socket = "the runtime is containerd, in every image";
const listens = "masters advertise their address:, at port 6443";
const network = (key: string): string => `write it as network.${key}`;
const dataFolder = "the agent knows it as /var/lib/etcd: mount a disk of its own there";
const trust = "the trust is made by `kimg secrets`";

const registration = {
  "nodeRegistration.name": nodeName,
  "nodeRegistration.criSocket": socket,
} as const;

export const ownedFieldTable: readonly OwnedField[] = [
  ...own(["kubeadm", "InitConfiguration"], {
    apiVersion: form,
    kind: form,
    bootstrapTokens: "tokens are made by `kimg secrets` and `kimg token`",
    certificateKey: trust,
    localAPIEndpoint: listens,
    ...registration,
  }),
  ...own(["kubeadm", "ClusterConfiguration"], {
    apiVersion: form,
    kind: form,
    kubernetesVersion: "write it as kubernetes.version",
    controlPlaneEndpoint: "write it as endpoint",
    clusterName: "write it as name:",
    certificatesDir: trust,
    imageRepository: "images are in the disk image already, under upstream's names",
    "etcd.external": "each master has a member of its own, which the agent joins, removes and restores",
    "etcd.local.dataDir": dataFolder,
    "networking.podSubnet": network("pods"),
    "networking.serviceSubnet": network("services"),
    "networking.dnsDomain": network("domain"),
  }),
  ...own(["kubeadm", "JoinConfiguration"], {
    apiVersion: form,
    kind: form,
    discovery: "nodes join through the endpoint, with the cluster's token and CA hash",
    caCertPath: trust,
    "controlPlane.localAPIEndpoint": listens,
    "controlPlane.certificateKey": trust,
    ...registration,
  }),
  ...own(["kubelet"], {
    apiVersion: form,
    kind: form,
    cgroupDriver: "it must be containerd's, and that is systemd",
    containerRuntimeEndpoint: socket,
    clusterDNS: "it follows from network.services",
    clusterDomain: network("domain"),
    staticPodPath: "kubeadm writes the control plane there",
    "authentication.x509.clientCAFile": trust,
  }),
  ...own(["kubeProxy"], {
    apiVersion: form,
    kind: form,
    clusterCIDR: network("pods"),
    hostnameOverride: nodeName,
    "clientConnection.kubeconfig": "kubeadm writes it",
  }),
  ...own(["containerd"], {
    version: "it belongs to the containerd in the image",
    root: "the container images in the disk image are there",
    state: "the container images in the disk image are there",
    "grpc.address": "kubeadm and the kubelet look for containerd there",
  }),
  ...own(["cloudConfig"], {
    hostname: nodeName,
    fqdn: nodeName,
    prefer_fqdn_over_hostname: nodeName,
    preserve_hostname: nodeName,
    create_hostname_file: nodeName,
    merge_how: "kimg merges before cloud-init sees it",
    merge_type: "kimg merges before cloud-init sees it",
    cloud_init_modules: "kimg's part would not run",
    cloud_config_modules: "kimg's part would not run",
    cloud_final_modules: "kimg's part would not run",
  }),
];

export interface OwnedArguments {
  /** Of a list of `{name, value}`. */
  readonly path: Path;
  readonly names: Readonly<Record<string, string>>;
}

const kubeletArguments = {
  "node-ip": "write it as the node's address:",
  "node-labels": "write them as the node's labels:",
  "hostname-override": nodeName,
  config: "kubeadm writes it; its fields go below kubelet:",
  kubeconfig: "kubeadm writes it",
  "bootstrap-kubeconfig": "kubeadm writes it",
} as const;

/** Flags that kimg passes, or that would undo what it does. The user's come after ours, and the last one counts. */
export const ownedArgumentTable: readonly OwnedArguments[] = [
  { path: ["kubeadm", "InitConfiguration", "nodeRegistration", "kubeletExtraArgs"], names: kubeletArguments },
  { path: ["kubeadm", "JoinConfiguration", "nodeRegistration", "kubeletExtraArgs"], names: kubeletArguments },
  {
    path: ["kubeadm", "ClusterConfiguration", "apiServer", "extraArgs"],
    names: {
      "encryption-provider-config": "its key is made by `kimg secrets`",
      "advertise-address": listens,
      "secure-port": listens,
      "service-cluster-ip-range": network("services"),
    },
  },
  {
    path: ["kubeadm", "ClusterConfiguration", "controllerManager", "extraArgs"],
    names: { "cluster-cidr": network("pods"), "service-cluster-ip-range": network("services") },
  },
  {
    path: ["kubeadm", "ClusterConfiguration", "etcd", "local", "extraArgs"],
    names: {
      name: nodeName,
      "data-dir": dataFolder,
      "tls-max-version": "masters ask each other over TLS 1.3 whose cluster they are of",
    },
  },
];

/** Folders on the node whose files only kimg, kubeadm or the agent write (docs/architecture.md, "On the node"). */
export const ownedFolders: readonly string[] = [
  "/etc/kimg",
  "/etc/kubernetes/encryption",
  "/etc/kubernetes/manifests",
  "/etc/kubernetes/pki",
  "/usr/lib/kimg",
  "/usr/sbin/kimg-agent",
  "/var/lib/kimg",
];
