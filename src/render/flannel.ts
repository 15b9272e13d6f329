// flannel's objects for the API, applied once after `kubeadm init`. What it reads: Documentation/configuration.md and kubernetes.md of
// github.com/flannel-io/flannel 0.28.10.
import { parseCidr } from "../config/address.ts";
import type { Json, Network } from "../model.ts";
import { toYamlStream } from "./yaml.ts";

/** By the names that images/components/flannel.yaml gives them: they are in the node's containerd already. */
export const flannelImages = {
  daemon: "ghcr.io/flannel-io/flannel:v0.28.10",
  plugin: "ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel3",
} as const;

const namespace = "kube-flannel";
const labels = { app: "flannel" };
const configuration = "kube-flannel-cfg";

const ofFamily = (cidrs: readonly string[], family: "IPv4" | "IPv6"): string | undefined =>
  cidrs.find((text) => parseCidr(text)?.family === family);

const netConf = ({ pods }: Network): Json => {
  const ipv4 = ofFamily(pods, "IPv4");
  const ipv6 = ofFamily(pods, "IPv6");
  return {
    ...(ipv4 === undefined ? { EnableIPv4: false } : { Network: ipv4 }),
    ...(ipv6 === undefined ? {} : { EnableIPv6: true, IPv6Network: ipv6 }),
    EnableNFTables: true,
    Backend: { Type: "vxlan" },
  };
};

const cniConf: Json = {
  name: "cbr0",
  // The plugin as it is built from its Go module knows no later one.
  cniVersion: "0.3.1",
  plugins: [
    { type: "flannel", delegate: { hairpinMode: true, isDefaultGateway: true } },
    { type: "portmap", capabilities: { portMappings: true } },
  ],
};

const pretty = (value: Json): string => `${JSON.stringify(value, undefined, 2)}\n`;

const access: readonly Json[] = [
  {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
  },
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "flannel", namespace, labels } },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "flannel", labels },
    rules: [
      { apiGroups: [""], resources: ["pods"], verbs: ["get"] },
      { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["nodes/status"], verbs: ["patch"] },
    ],
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "flannel", labels },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "flannel" },
    subjects: [{ kind: "ServiceAccount", name: "flannel", namespace }],
  },
];

const mounts = {
  configuration: { name: "configuration", mountPath: "/etc/kube-flannel" },
  cni: { name: "cni", mountPath: "/etc/cni/net.d" },
  plugins: { name: "plugins", mountPath: "/opt/cni/bin" },
  run: { name: "run", mountPath: "/run/flannel" },
  lock: { name: "lock", mountPath: "/run/xtables.lock" },
};

const installPlugin: Json = {
  name: "install-plugin",
  image: flannelImages.plugin,
  imagePullPolicy: "IfNotPresent",
  command: ["cp", "-f", "/flannel", "/opt/cni/bin/flannel"],
  volumeMounts: [mounts.plugins],
};

const installConfiguration: Json = {
  name: "install-configuration",
  image: flannelImages.daemon,
  imagePullPolicy: "IfNotPresent",
  command: ["/opt/bin/install-conf", "/etc/kube-flannel/cni-conf.json", "/etc/cni/net.d/10-flannel.conflist"],
  volumeMounts: [mounts.cni, mounts.configuration],
};

const fieldOf = (name: string, fieldPath: string): Json => ({ name, valueFrom: { fieldRef: { fieldPath } } });

const healthPort = 8081;

const daemon = (network: Network): Json => ({
  name: "flanneld",
  image: flannelImages.daemon,
  imagePullPolicy: "IfNotPresent",
  command: ["/opt/bin/flanneld"],
  args: [
    "--ip-masq",
    "--kube-subnet-mgr",
    `--healthz-port=${healthPort}`,
    // The interface that has the node's address: a node may have several, and need not have a default route.
    "--iface=$(NODE_ADDRESS)",
    // When IPv6 comes first of two, flanneld takes the interface from this one.
    ...(network.pods.length > 1 && network.pods[0] === ofFamily(network.pods, "IPv6")
      ? ["--public-ipv6=$(NODE_ADDRESS)"]
      : []),
  ],
  env: [
    fieldOf("POD_NAME", "metadata.name"),
    fieldOf("POD_NAMESPACE", "metadata.namespace"),
    fieldOf("NODE_ADDRESS", "status.hostIP"),
    { name: "EVENT_QUEUE_DEPTH", value: "5000" },
  ],
  ports: [{ name: "health", containerPort: healthPort }],
  livenessProbe: {
    httpGet: { path: "/healthz", port: "health" },
    initialDelaySeconds: 10,
    periodSeconds: 30,
    timeoutSeconds: 10,
  },
  readinessProbe: {
    httpGet: { path: "/readyz", port: "health" },
    initialDelaySeconds: 5,
    periodSeconds: 10,
    timeoutSeconds: 10,
  },
  resources: { requests: { cpu: "100m", memory: "50Mi" } },
  securityContext: { privileged: false, capabilities: { add: ["NET_ADMIN", "NET_RAW"] } },
  volumeMounts: [mounts.run, mounts.configuration, mounts.lock],
});

const daemonSet = (network: Network): Json => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "kube-flannel-ds", namespace, labels },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        nodeSelector: { "kubernetes.io/os": "linux" },
        hostNetwork: true,
        priorityClassName: "system-node-critical",
        serviceAccountName: "flannel",
        tolerations: [{ operator: "Exists", effect: "NoSchedule" }],
        initContainers: [installPlugin, installConfiguration],
        containers: [daemon(network)],
        volumes: [
          { name: mounts.run.name, hostPath: { path: "/run/flannel" } },
          { name: mounts.plugins.name, hostPath: { path: "/opt/cni/bin" } },
          { name: mounts.cni.name, hostPath: { path: "/etc/cni/net.d" } },
          { name: mounts.configuration.name, configMap: { name: configuration } },
          { name: mounts.lock.name, hostPath: { path: "/run/xtables.lock", type: "FileOrCreate" } },
        ],
      },
    },
  },
});

export const flannelManifest = (network: Network): string =>
  toYamlStream([
    ...access,
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: configuration, namespace, labels },
      data: { "cni-conf.json": pretty(cniConf), "net-conf.json": pretty(netConf(network)) },
    },
    daemonSet(network),
  ]);
