// What a role's templates may see: the values, and the shape that `kimg check` holds the templates against before there are any.
import type { TemplateContext } from "../library/template.ts";
import type { TemplateShape } from "../library/template-shape.ts";
import type { Bootstrap, Cluster, Json, Node, Role, Secrets } from "../model.ts";
import { bareAddress } from "../resolve/resolve.ts";
import { mergePatch } from "../resolve/merge.ts";
import { agentNodeText } from "./agent-node.ts";
import { urlHost } from "./authority.ts";
import { containerdDropIn } from "./containerd.ts";
import { encryptionConfiguration } from "./encryption.ts";
import { keepalivedSettings } from "./keepalived.ts";
import { initText, joinText } from "./kubeadm/kubeadm.ts";
import { apiServerPort } from "./kubeadm/v1beta4.ts";
import { maintenanceText } from "./maintenance.ts";
import { manifestTexts } from "./manifests.ts";
import { ipVersions } from "./network-config.ts";
import { toYaml } from "./yaml.ts";

const texts = { list: "scalar" } as const satisfies TemplateShape;

const peer = { fields: { name: "scalar", address: "scalar", urlHost: "scalar" } } as const satisfies TemplateShape;

const clusterShape = {
  fields: {
    name: "scalar",
    kubernetesVersion: "scalar",
    state: "scalar",
    endpoint: { fields: { host: "scalar", port: "scalar", owned: "scalar", urlHost: "scalar" } },
    network: {
      fields: {
        ...{ nodes: texts, pods: texts, services: texts, gateways: texts, dns: texts },
        ...{ domain: "scalar", cni: "scalar", ipv4: "scalar", ipv6: "scalar" },
      },
    },
    apiServerPort: "scalar",
    masters: { list: peer },
    loadBalancers: { list: peer },
  },
} as const satisfies TemplateShape;

const nodeShape = {
  fields: {
    ...{ name: "scalar", pool: "scalar", count: "scalar", role: "scalar", bootstrap: "scalar" },
    ...{ address: "scalar", addresses: texts, mac: "scalar" },
    labels: { map: "scalar" },
    taints: { list: { fields: { key: "scalar", value: "scalar", effect: "scalar" } } },
    values: "any",
  },
} as const satisfies TemplateShape;

const keepalivedShape = {
  fields: {
    ...{ address: "scalar", interface: "scalar", routerId: "scalar", priority: "scalar" },
    ...{ ipv6: "scalar", source: "scalar", peers: texts },
  },
} as const satisfies TemplateShape;

const kubeadmShape = (bootstrap: Bootstrap): Readonly<Record<string, TemplateShape>> => {
  if (bootstrap === "load-balancer") return {};
  const common = { join: "scalar", kubeletPatch: "scalar" } as const;
  return { kubeadm: { fields: bootstrap === "init" ? { init: "scalar", ...common } : common } };
};

const isMaster = (bootstrap: Bootstrap): boolean => bootstrap === "init" || bootstrap === "join-control-plane";

/** What the templates of a role may read: no more than the bootstrap allows, and of the secrets those that it asks for. */
export const templateShape = (role: Pick<Role, "bootstrap" | "secrets">): TemplateShape => ({
  fields: {
    cluster: clusterShape,
    node: nodeShape,
    agent: { fields: { node: "scalar", ...(isMaster(role.bootstrap) ? { maintenance: "scalar" as const } : {}) } },
    secrets: { fields: Object.fromEntries(role.secrets.map((name) => [name, "scalar" as const])) },
    ...kubeadmShape(role.bootstrap),
    ...(role.bootstrap === "load-balancer"
      ? { keepalived: keepalivedShape }
      : { containerd: { fields: { dropIn: "scalar" } } }),
    ...(role.bootstrap === "init" ? { manifests: { map: "scalar" } } : {}),
    ...(isMaster(role.bootstrap) && role.secrets.includes("encryption-key")
      ? { apiServer: { fields: { encryptionConfiguration: "scalar" } } }
      : {}),
  },
});

const peersOf = (nodes: readonly Node[]): readonly Json[] =>
  nodes
    .filter(({ pool }) => !pool)
    .map(({ name, addresses: [first] }) => {
      const address = first === undefined ? name : bareAddress(first);
      return { name, address, urlHost: urlHost(address) };
    });

/** The part that is the same for every node. */
export const clusterContext = (cluster: Cluster): Json => {
  const { name, kubernetes, state, endpoint, network, nodes } = cluster;
  return {
    name,
    kubernetesVersion: kubernetes.version,
    state,
    endpoint: { ...endpoint, urlHost: urlHost(endpoint.host) },
    network: { ...network, ...ipVersions(network) },
    apiServerPort,
    masters: peersOf(nodes.filter(({ role }) => isMaster(role.bootstrap))),
    loadBalancers: peersOf(nodes.filter(({ role }) => role.bootstrap === "load-balancer")),
  };
};

/** Names its own node: whoever reads one of these is told, since the text is then of this node alone. */
const ofThisNode = (node: Node, onRead: () => void): object => {
  const bare = node.addresses.map(bareAddress);
  const values = { name: node.name, address: bare[0] ?? "", addresses: bare, mac: node.mac ?? "" };
  const getters = Object.entries(values).map(([key, value]) => [
    key,
    {
      enumerable: true,
      get: () => {
        onRead();
        return value;
      },
    },
  ]);
  return Object.defineProperties({}, Object.fromEntries(getters) as PropertyDescriptorMap);
};

const nodeContext = (node: Node, onRead: () => void): object =>
  Object.assign(ofThisNode(node, onRead), {
    pool: node.pool,
    count: node.count,
    role: node.role.name,
    bootstrap: node.role.bootstrap,
    labels: node.labels,
    taints: node.taints.map(({ key, value, effect }) => ({ key, value: value ?? "", effect })),
    values: node.values,
  });

const kubeadmContext = (cluster: Cluster, node: Node): TemplateContext => {
  if (node.role.bootstrap === "load-balancer") return {};
  const patch = mergePatch(cluster.passThrough.kubelet, node.passThrough.kubelet);
  const kubeletPatch = Object.keys(patch).length > 0;
  const input = { cluster, node, kubeletPatch };
  const init = node.role.bootstrap === "init" ? { init: initText(input) } : {};
  return { kubeadm: { ...init, join: joinText(input), kubeletPatch: kubeletPatch ? toYaml(patch) : null } };
};

export interface ContextInput {
  readonly cluster: Cluster;
  /** What `clusterContext` made of it. */
  readonly shared: Json;
  readonly node: Node;
  readonly secrets: Secrets;
  /** Called when a template reads what only this node has: its name, addresses or MAC address. */
  readonly onRead: () => void;
}

/** Every name of `templateShape`; null where there is nothing. */
export const templateContext = ({ cluster, shared, node, secrets, onRead }: ContextInput): TemplateContext => {
  const { bootstrap, secrets: asked } = node.role;
  const keepalived = (): Json | null => {
    onRead();
    return keepalivedSettings(cluster, node);
  };
  return {
    cluster: shared,
    node: nodeContext(node, onRead),
    agent: {
      node: agentNodeText(cluster, node),
      ...(isMaster(bootstrap) ? { maintenance: maintenanceText(cluster.maintenance) } : {}),
    },
    secrets: Object.fromEntries(asked.map((name) => [name, secrets.values[name]])),
    ...kubeadmContext(cluster, node),
    ...(bootstrap === "load-balancer"
      ? { keepalived: keepalived() }
      : { containerd: { dropIn: containerdDropIn(node) ?? null } }),
    ...(bootstrap === "init" ? { manifests: manifestTexts(cluster) } : {}),
    ...(isMaster(bootstrap)
      ? { apiServer: { encryptionConfiguration: encryptionConfiguration(secrets.values["encryption-key"]) } }
      : {}),
  };
};
