// kubeadm.k8s.io/v1beta4 (cmd/kubeadm/app/apis/kubeadm/v1beta4/types.go) as plain objects. What differs from node to node of a role is
// left to the instance's meta-data, so that one text serves all of them and a node can be seeded again without being rendered anew.
import type { Cluster, Json, Node } from "../../model.ts";
import { mergeKubeadm, mergeOver } from "../../resolve/merge.ts";
import { bareAddress } from "../../resolve/resolve.ts";
import { encryptionFolder, encryptionPath } from "../encryption.ts";
import { metadataText } from "../jinja.ts";
import { patchesFolder, type KubeadmInput } from "./input.ts";

/** Of the documents here, which are two programs' own. */
export const apiVersions = { kubeadm: "kubeadm.k8s.io/v1beta4", kubelet: "kubelet.config.k8s.io/v1beta1" } as const;

const api = { apiVersion: apiVersions.kubeadm } as const;

/** API servers listen here on every master, whatever port the endpoint has. */
export const apiServerPort = 6443;

/** How long a token made by `kubeadm init` lives: a cluster's first nodes may be powered on within a day. */
const tokenLifetime = "24h0m0s";

/** Long enough for machines that are slow to pull up a control plane; a quick one never waits for them. */
const timeouts = {
  // init's first call of the API comes before it waits for the component: the default of one minute is the limit on slow machines.
  kubernetesAPICall: "10m0s",
  // Becomes the startup probes of the static pods as well.
  controlPlaneComponentHealthCheck: "20m0s",
  // etcd admits one learner at a time: masters that join together wait for each other.
  etcdAPICall: "10m0s",
};

const joinTimeouts = { ...timeouts, discovery: "10m0s", tlsBootstrap: "10m0s", kubeletHealthCheck: "10m0s" };

const endpoint = metadataText("endpoint_authority");

const kubeletArguments = (node: Node): readonly Json[] => {
  const labels = Object.entries(node.labels).map(([key, value]) => `${key}=${value}`);
  return [
    ...(node.addresses.length === 0 ? [] : [{ name: "node-ip", value: metadataText("node_ip") }]),
    ...(labels.length === 0 ? [] : [{ name: "node-labels", value: labels.join(",") }]),
  ];
};

const controlPlaneTaint = { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" };

/** kubeadm leaves its own taint out when it is given any. */
const registeredTaints = (node: Node): { readonly taints: readonly Json[] } | Record<string, never> => {
  if (node.taints.length === 0) return {};
  const own = node.role.bootstrap === "join-worker" ? [] : [controlPlaneTaint];
  return { taints: [...own, ...node.taints] };
};

const nodeRegistration = (node: Node): Json => {
  const extraArguments = kubeletArguments(node);
  return {
    // Machines of a pool register with the name that they have by then.
    ...(node.pool ? {} : { name: metadataText("node") }),
    criSocket: "unix:///run/containerd/containerd.sock",
    imagePullPolicy: "IfNotPresent",
    imagePullSerial: true,
    ...registeredTaints(node),
    ...(extraArguments.length === 0 ? {} : { kubeletExtraArgs: extraArguments }),
  };
};

/** Without an address of its own the node takes that of its default route. */
const localEndpoint = (node: Node): { readonly localAPIEndpoint: Json } => ({
  localAPIEndpoint: {
    ...(node.addresses.length === 0 ? {} : { advertiseAddress: metadataText("address") }),
    bindPort: apiServerPort,
  },
});

const patches = ({ kubeletPatch }: KubeadmInput): Json =>
  kubeletPatch ? { patches: { directory: patchesFolder } } : {};

const token = (name: string, description: string): Json => ({
  token: metadataText(name),
  description,
  ttl: tokenLifetime,
  usages: ["signing", "authentication"],
  groups: ["system:bootstrappers:kubeadm:default-node-token"],
});

const initConfiguration = (input: KubeadmInput): Json => {
  const ours = {
    ...api,
    kind: "InitConfiguration",
    bootstrapTokens: [token("worker_token", "joins workers"), token("token", "joins masters")],
    ...localEndpoint(input.node),
    nodeRegistration: nodeRegistration(input.node),
    ...patches(input),
    timeouts,
  };
  return mergeKubeadm(ours, input.node.passThrough.kubeadm.InitConfiguration);
};

/** Every way to reach the API server beside those that kubeadm puts into its certificate by itself. */
export const certificateNames = (cluster: Cluster): readonly string[] => {
  const balancers = cluster.nodes.filter(({ role }) => role.bootstrap === "load-balancer");
  return [...new Set([cluster.endpoint.host, ...balancers.flatMap(({ addresses }) => addresses.map(bareAddress))])];
};

const apiServer = (input: KubeadmInput): Json => ({
  certSANs: certificateNames(input.cluster),
  extraArgs: [{ name: "encryption-provider-config", value: encryptionPath }],
  extraVolumes: [
    {
      name: "encryption",
      hostPath: encryptionFolder,
      mountPath: encryptionFolder,
      readOnly: true,
      pathType: "Directory",
    },
  ],
});

const clusterConfiguration = (input: KubeadmInput): Json => {
  const { cluster, node } = input;
  const ours = {
    ...api,
    kind: "ClusterConfiguration",
    clusterName: cluster.name,
    // Pinned: the default asks the internet.
    kubernetesVersion: `v${cluster.kubernetes.version}`,
    controlPlaneEndpoint: endpoint,
    encryptionAlgorithm: "ECDSA-P256",
    networking: {
      podSubnet: cluster.network.pods.join(","),
      serviceSubnet: cluster.network.services.join(","),
      dnsDomain: cluster.network.domain,
    },
    apiServer: apiServer(input),
  };
  return mergeKubeadm(ours, node.passThrough.kubeadm.ClusterConfiguration);
};

const kubeletConfiguration = ({ cluster }: KubeadmInput): Json =>
  mergeOver(
    {
      apiVersion: apiVersions.kubelet,
      kind: "KubeletConfiguration",
      cgroupDriver: "systemd",
      rotateCertificates: true,
    },
    cluster.passThrough.kubelet,
  );

const kubeProxyConfiguration = ({ node }: KubeadmInput): Json =>
  mergeOver(
    {
      apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
      kind: "KubeProxyConfiguration",
      // Named, because the default will change from iptables.
      mode: "nftables",
    },
    node.passThrough.kubeProxy,
  );

export const initDocuments = (input: KubeadmInput): readonly Json[] => [
  initConfiguration(input),
  clusterConfiguration(input),
  kubeletConfiguration(input),
  kubeProxyConfiguration(input),
];

export const joinDocument = (input: KubeadmInput): Json => {
  const { node } = input;
  const controlPlane = node.role.bootstrap === "join-worker" ? {} : { controlPlane: localEndpoint(node) };
  const ours = {
    ...api,
    kind: "JoinConfiguration",
    discovery: {
      bootstrapToken: {
        apiServerEndpoint: endpoint,
        token: metadataText("token"),
        caCertHashes: [metadataText("ca_hash")],
      },
    },
    ...controlPlane,
    nodeRegistration: nodeRegistration(node),
    ...patches(input),
    timeouts: joinTimeouts,
  };
  return mergeKubeadm(ours, node.passThrough.kubeadm.JoinConfiguration);
};
