// The shape of cluster.yaml, once: TypeScript's type, the JSON schema and the reference page are all derived from it.
// Owns names, types, patterns and constant defaults; must not compare one field with another: that is what rules are for.
import { z } from "zod";
import { durationPattern, durationSeconds } from "./duration.ts";
import { type DatasourceName, datasourceNames, supplySources } from "../model.ts";

/** RFC 1123 section 2.1; Kubernetes wants lower case (apimachinery, IsDNS1123Label). */
const labelPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const labelWords = "a name of at most 63 lower-case letters, digits and -, with a letter or digit at both ends";

const name = (what: string) => z.string().regex(labelPattern, labelWords).describe(what);

/** A host name may have dots; Linux takes 64 characters, Kubernetes labels that repeat it 63. */
const nodeName = (what: string) =>
  z
    .string()
    .max(63)
    .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/, labelWords)
    .describe(what);

/** One value or a list of two is kept as a list: whoever reads it need not ask. */
const oneOrTwo = (item: string, what: string) =>
  z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1).max(2)], { error: `${item}, or a list of two` })
    .transform((value) => (typeof value === "string" ? [value] : value))
    .describe(what);

const json = z.json();

const object = (what: string) => z.record(z.string(), json).describe(what);

const passThrough = {
  kubeadm: z
    .strictObject({
      InitConfiguration: object("Merged into kubeadm's InitConfiguration (v1beta4).").optional(),
      ClusterConfiguration: object("Merged into kubeadm's ClusterConfiguration (v1beta4).").optional(),
      JoinConfiguration: object("Merged into kubeadm's JoinConfiguration (v1beta4).").optional(),
    })
    .describe("Fields of kubeadm's own configuration.")
    .optional(),
  kubelet: object("Merged into the KubeletConfiguration (kubelet.config.k8s.io/v1beta1).").optional(),
  kubeProxy: object("Merged into the KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1).").optional(),
  containerd: object("Merged into containerd's config.toml.").optional(),
  cloudConfig: object(
    "Merged into the node's cloud-config; write_files, runcmd, bootcmd, packages, users and other lists of work are appended to kimg's.",
  ).optional(),
};

const taint = z
  .strictObject({
    key: z.string().min(1).describe("The taint's key, such as example.org/dedicated."),
    value: z.string().describe("The taint's value.").optional(),
    effect: z
      .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
      .describe("What it does to pods without toleration."),
  })
  .describe("A Kubernetes taint that the node registers with.");

const machine = {
  role: z.string().min(1).describe("A folder of roles/: master-init, master-join, worker, haproxy or one of your own."),
  image: z.string().min(1).describe("A folder of images/; the cluster's image when not given.").optional(),
  labels: z.record(z.string(), z.string()).describe("Kubernetes labels that the node registers with.").default({}),
  taints: z.array(taint).describe("Kubernetes taints that the node registers with.").default([]),
  values: object("Free values that the templates of your own roles see as node.values.").default({}),
  ...passThrough,
};

const hexPairs = /^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$/;

const node = z
  .strictObject({
    name: nodeName("The node's name, which is its host name and its name in Kubernetes."),
    address: oneOrTwo("an address", "Static address, or one of each family; DHCP when not given.").default([]),
    mac: z
      .string()
      .regex(hexPairs, "a MAC address: six pairs of hexadecimal digits, such as 52:54:00:12:34:56")
      .transform((value) => value.toLowerCase().replaceAll("-", ":"))
      .describe("Which network interface the address belongs to; the first one when not given.")
      .optional(),
    ...machine,
  })
  .describe("One machine that has a name.");

const pool = z
  .strictObject({
    name: name("The pool's name, which is the name of its seed."),
    count: z.int().min(1).max(5000).describe("How many machines; only checks and sizes depend on it.").default(1),
    ...machine,
  })
  .describe("Machines that share one seed: their addresses come from DHCP, their names from the instance.");

const kubernetes = z
  .strictObject({
    version: z.string().min(1).describe("Exact version, such as 1.37.2; kimg's newest when not given.").optional(),
    from: z
      .enum(supplySources)
      .describe("Where Kubernetes and its companions come from: modules, or the mirror when one is given.")
      .optional(),
    mirror: z
      .string()
      .min(1)
      .describe("The folder that `kimg mirror create` made; only with `from: mirror`.")
      .optional(),
  })
  .describe("The Kubernetes that the nodes run.");

const endpoint = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .describe(
        "Address or DNS name at which every node reaches the API: a load balancer's, or a free one that two share.",
      ),
    port: z.int().min(1).max(65535).describe("The endpoint's TCP port.").default(6443),
  })
  .describe("Where the Kubernetes API is reached; needed but for one single master with an address.");

const manifest = (what: string) => z.string().min(1).describe(what);

const network = z
  .strictObject({
    nodes: oneOrTwo("a CIDR", "The machines' network; needed when a node has an address.").default([]),
    gateway: oneOrTwo("an address", "The default route of nodes with an address.").default([]),
    dns: z.array(z.string().min(1)).describe("Name servers of nodes with an address.").default([]),
    pods: oneOrTwo(
      "a CIDR",
      "Addresses of pods; 10.244.0.0/16 and fd00:10:244::/56, as the families of `nodes`.",
    ).optional(),
    services: oneOrTwo(
      "a CIDR",
      "Addresses of services; 10.96.0.0/12 and fd00:10:96::/112, as the families of `nodes`.",
    ).optional(),
    domain: z.string().min(1).describe("The DNS domain of services.").default("cluster.local"),
    cni: z
      .union(
        [
          z.enum(["flannel", "none"]),
          z
            .strictObject({
              manifest: manifest("The network plugin's manifest, such as calico's or cilium's."),
            })
            .describe("A network plugin of your own choice."),
        ],
        { error: "flannel, none or { manifest: FILE }" },
      )
      .describe(
        "The network plugin that is applied after init: flannel, `{ manifest: FILE }` for another one's, or none, which leaves that to you.",
      )
      .default("flannel"),
  })
  .describe(
    "Networks. Where a value may be a list of two, two make a dual-stack cluster; the first family is the primary.",
  );

const loadBalancer = z
  .strictObject({
    interface: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,15}$/, "the name of a network interface")
      .describe(
        "Network interface that carries the shared address; the one that has the node's address when not given.",
      )
      .optional(),
    routerId: z.int().min(1).max(255).describe("VRRP router id: unique among those on one network.").default(51),
  })
  .describe("How the load balancers share the endpoint's address (keepalived).");

/** Seconds come out of it. */
const duration = (what: string) =>
  z
    .string()
    .regex(durationPattern, "a length of time, such as 90m, 6h or 30d")
    .transform(durationSeconds)
    .describe(what);

const snapshots = z
  .strictObject({
    every: duration("How far they are apart.").prefault("6h"),
    keep: z.int().min(1).max(1000).describe("How many are kept on a master.").default(12),
    upload: z
      .array(z.string().min(1))
      .describe(
        "A program and its arguments, run on the master after each snapshot, whose path becomes the last argument.",
      )
      .default([]),
  })
  .describe(
    "Snapshots of etcd, taken by the master that leads it and proven by restoring each. `false`: none is taken.",
  );

const etcd = z
  .strictObject({
    snapshots: z
      .union([snapshots, z.literal(false)], { error: "a map, or `false` for none" })
      .describe(snapshots.description ?? "")
      .prefault({}),
  })
  .describe("etcd, which runs on the masters.");

const certificates = z
  .strictObject({
    renew: z.boolean().describe("`false`: nothing renews them but you, before they end.").default(true),
    renewBefore: duration("How long before its end a certificate is renewed.").prefault("30d"),
  })
  .describe("The masters' certificates, which they renew by themselves, one master at a time.");

const datasource = z.enum(datasourceNames);

const platform = z
  .strictObject({
    datasource: z
      .union([datasource, z.array(datasource).min(1)], {
        error: `one of ${datasourceNames.join(", ")}, or a list of them`,
      })
      .transform((value): readonly DatasourceName[] => [...new Set(typeof value === "string" ? [value] : value)])
      .describe("How cloud-init on the machines gets its seed, see docs/datasources.md; a list renders several forms.")
      .prefault("nocloud"),
    seedUrl: z
      .string()
      .regex(/^https?:\/\/[^\s;?#]+$/, "a URL that begins with http:// or https://, without query and fragment")
      .transform((value) => (value.endsWith("/") ? value : `${value}/`))
      .describe(
        "Where the seeds of `nocloud-http` are served: a machine reads its own below NODE/nocloud-http/ of this URL.",
      )
      .optional(),
  })
  .describe("Where the machines run.");

export const configSchema = z
  .strictObject({
    version: z.literal(1).describe("The version of this format, which is 1."),
    name: name("The cluster's name."),
    kubernetes: kubernetes.prefault({}),
    endpoint: endpoint.optional(),
    network: network.prefault({}),
    image: z
      .string()
      .min(1)
      .describe("The base image of every node that names no other: a folder of images/.")
      .default("debian-13"),
    loadBalancer: loadBalancer.optional(),
    etcd: etcd.prefault({}),
    certificates: certificates.prefault({}),
    clusterState: z
      .enum(["new", "existing"])
      .describe("`existing` renders seeds that can only join: no second cluster can ever be made from them.")
      .default("new"),
    platform: platform.prefault({}),
    manifests: z
      .array(manifest("A file that `kubectl apply -f` takes."))
      .max(90)
      .describe(
        "Manifests that are applied after init and after the network plugin's, in this order; paths are relative to this file.",
      )
      .default([]),
    nodes: z.array(node).describe("Machines that have names.").default([]),
    pools: z.array(pool).describe("Machines without names of their own.").default([]),
    roles: z
      .record(z.string(), z.strictObject(passThrough))
      .describe("Pass-through for all nodes of a role, by the role's name.")
      .default({}),
    ...passThrough,
  })
  .describe("A Kubernetes cluster, as kimg compiles it.");

/** What the user wrote, shape-checked, with constant defaults filled in. */
export type Config = z.infer<typeof configSchema>;
export type ConfigNode = Config["nodes"][number];
export type ConfigPool = Config["pools"][number];
