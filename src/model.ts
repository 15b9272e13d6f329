// The nouns. Types, and the lists that some of them are made from: every room speaks of these, and no room owns them.
// A Config is what the user wrote; a Cluster is resolved and total: nothing in it is left for a later stage to derive.

/** How a node comes into the cluster (`none`: it is no node of one): decides what its agent does and which secrets it may hold (see SECRETS_BY_BOOTSTRAP). */
export type Bootstrap = "init" | "join-control-plane" | "join-worker" | "load-balancer" | "none";

/** Where Kubernetes and its companions come from. All three yield the same package and image names. */
export const supplySources = ["upstream", "modules", "mirror"] as const;
export type SupplySource = (typeof supplySources)[number];
/** What is taken when nobody says: the one that needs no more than Debian's archive and a Go module proxy. */
export const defaultSupply: SupplySource = "modules";

/** Debian's names for machine architectures. */
export type Architecture = "amd64" | "arm64";

// ---------------------------------------------------------------- library: content on disk, parsed

/** One step of provisioning: a POSIX shell script, run as root inside the root file system, in the order listed. */
export interface ProvisioningStep {
  /** Path below the content folder, for messages. */
  readonly source: string;
  readonly script: string;
}

/** A base operating system: `images/<name>/image.yaml`. */
export interface Image {
  readonly name: string;
  readonly description: string;
  /** Absolute folder, for messages and cache keys. */
  readonly folder: string;
  readonly distribution: "debian";
  /** Debian's suite, such as `trixie`. */
  readonly suite: string;
  /** One-line apt sources, without options; the mirror can be replaced by the user. */
  readonly sources: readonly string[];
  readonly architectures: readonly Architecture[];
  /** The roles that this image can become; empty means every role. */
  readonly roles: readonly string[];
  /** Distribution packages of every node made from this image. */
  readonly packages: readonly string[];
  /** Files put into the root file system as they are, before the steps run. */
  readonly files: FileTree;
  readonly steps: readonly ProvisioningStep[];
  /** The user's own for Packer; absent where there is none. */
  readonly packer?: PackerFields;
}

/** `packer:` of an image.yaml, by the names of Packer's builders. */
export interface PackerFields {
  /** Fields of the source, over those that kimg writes; the whole source for a builder that kimg has none for. */
  readonly source: Readonly<Record<string, Json>>;
  /** Where the plugins of those come from: Packer's `required_plugins`. */
  readonly plugins: Readonly<Record<string, { readonly source: string; readonly version: string }>>;
}

/** What a machine becomes: `roles/<name>/role.yaml`, a cloud-config whose `kimg:` key holds the rest. */
export interface Role {
  readonly name: string;
  readonly description: string;
  readonly folder: string;
  readonly bootstrap: Bootstrap;
  /** Distribution packages beyond the image's. */
  readonly packages: readonly string[];
  /** Packages of the supply, by upstream's package name: kubeadm, kubelet, containerd … */
  readonly components: readonly string[];
  /** Container images preloaded into containerd, by short name: kube-proxy, pause, coredns … */
  readonly containerImages: readonly string[];
  /** systemd units enabled in the image. */
  readonly units: readonly string[];
  /** Secrets that this role's templates may see; never more than its bootstrap allows. */
  readonly secrets: readonly SecretName[];
  readonly files: FileTree;
  readonly steps: readonly ProvisioningStep[];
  /** role.yaml without its `kimg:` key: a cloud-config whose scalars are Handlebars templates. */
  readonly cloudConfig: unknown;
  /** role.yaml's own text and its text templates, path relative to the folder. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Content: the roles and images that kimg ships, and those of each `--library DIR`. */
export interface Library {
  readonly roles: ReadonlyMap<string, Role>;
  readonly images: ReadonlyMap<string, Image>;
  /** The exact Kubernetes versions that there is a supply of, newest first. */
  readonly kubernetesVersions: readonly string[];
  /** Of a cluster or build that names none. */
  readonly defaultKubernetesVersion: string;
}

// ---------------------------------------------------------------- secrets

/** Each thing that a template may be allowed to see, one name per file or token. */
export type SecretName =
  | "ca.crt"
  | "ca.key"
  | "front-proxy-ca.crt"
  | "front-proxy-ca.key"
  | "etcd-ca.crt"
  | "etcd-ca.key"
  | "sa.pub"
  | "sa.key"
  | "master-token"
  | "worker-token"
  | "encryption-key"
  | "vrrp-password"
  | "stats-password";

/** The cluster's generated trust. One file of mode 0600 beside cluster.yaml. Values are PEM for `.crt`, `.key` and `.pub`. */
export interface Secrets {
  readonly version: 1;
  readonly cluster: string;
  readonly values: Readonly<Record<SecretName, string>>;
}

// ---------------------------------------------------------------- the resolved cluster

export interface Endpoint {
  /** Address or DNS name that every node reaches the API at. */
  readonly host: string;
  readonly port: number;
  /** True when kimg's own load balancers serve it; false when it is somebody else's. */
  readonly owned: boolean;
}

export interface Network {
  /** CIDRs; the first of each list is the primary family. Dual stack has two. */
  readonly nodes: readonly string[];
  readonly pods: readonly string[];
  readonly services: readonly string[];
  readonly gateways: readonly string[];
  readonly dns: readonly string[];
  readonly domain: string;
  /** `manifest`: the first of the cluster's manifests. */
  readonly cni: "flannel" | "none" | "manifest";
}

/** What the masters do by themselves once they are members. */
export interface Maintenance {
  /** False: none is taken. */
  readonly snapshots:
    | false
    | {
        readonly everySeconds: number;
        /** How many are kept on a master. */
        readonly keep: number;
        /** A program and its arguments; a snapshot's path is put behind them. Empty: nothing is uploaded. */
        readonly upload: readonly string[];
      };
  readonly certificates: {
    /** False: a person renews them. */
    readonly renew: boolean;
    /** Before their end; a master warns of it from then on. */
    readonly renewBeforeSeconds: number;
  };
}

/** Sorts before all others: pods need a network first. */
export const networkPluginManifest = "00-cni.yaml";

/** A file of the user that is applied once, after the cluster was made. */
export interface Manifest {
  /** File name on the node; they are applied in the order of their names. */
  readonly name: string;
  /** YAML, one document or several. */
  readonly text: string;
}

/** The user's own fields for the programs' configuration, merged over ours: cluster, then role, then node. */
export interface PassThrough {
  readonly kubeadm: {
    readonly InitConfiguration: Json;
    readonly ClusterConfiguration: Json;
    readonly JoinConfiguration: Json;
  };
  readonly kubelet: Json;
  readonly kubeProxy: Json;
  readonly containerd: Json;
  readonly cloudConfig: Json;
}

export type Json = { readonly [key: string]: JsonValue };
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | Json;

/** One seed's worth of machines: a named node, or a pool whose machines take their names from the instance. */
export interface Node {
  readonly name: string;
  readonly pool: boolean;
  /** 1 for a node; the size of a pool. */
  readonly count: number;
  readonly role: Role;
  readonly image: Image;
  /** Addresses with their prefix length, primary family first; empty means DHCP. */
  readonly addresses: readonly string[];
  /** Lower case, colon separated; undefined lets the seed match the first interface. */
  readonly mac: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly { key: string; value?: string; effect: string }[];
  /** Free values for the user's own templates. */
  readonly values: Json;
  readonly passThrough: PassThrough;
}

/** The ways in which a seed comes to cloud-init on its machine: src/render/datasources has one file for each. */
export const datasourceNames = [
  "nocloud",
  "nocloud-vfat",
  "nocloud-http",
  "proxmox",
  "vmware",
  "ovf",
  "config-drive",
  "openstack",
  "ec2",
  "gce",
  "azure",
  "hetzner",
  "digitalocean",
  "vultr",
  "user-data",
] as const;
export type DatasourceName = (typeof datasourceNames)[number];

/** Where the machines run. */
export interface Platform {
  /** The forms that seeds are rendered in, each once. */
  readonly datasources: readonly DatasourceName[];
  /** With a slash at its end; the HTTP server that the seeds of `nocloud-http` are put on. */
  readonly seedUrl: string | undefined;
}

export interface Keepalived {
  /** The endpoint's address with the prefix length of its network. */
  readonly address: string;
  /** Undefined: the one that has the node's own address. */
  readonly interface: string | undefined;
  /** VRRP's virtual router id. */
  readonly routerId: number;
}

export interface Cluster {
  readonly name: string;
  readonly kubernetes: { readonly version: string; readonly from: SupplySource; readonly mirror: string | undefined };
  readonly state: "new" | "existing";
  readonly endpoint: Endpoint;
  readonly network: Network;
  /** Set when the load balancers carry the endpoint's address as one that floats between them. */
  readonly keepalived: Keepalived | undefined;
  /** The user's own: the network plugin's, if it is one of theirs, then the others in their order. */
  readonly manifests: readonly Manifest[];
  readonly maintenance: Maintenance;
  readonly platform: Platform;
  /** Of the whole cluster; each node's own holds it already. */
  readonly passThrough: PassThrough;
  readonly nodes: readonly Node[];
}

// ---------------------------------------------------------------- what comes out

export interface FileEntry {
  /** Permission bits, such as 0o600. */
  readonly mode: number;
  readonly bytes: Uint8Array;
}

/** Relative POSIX path → content, sorted by path. */
export type FileTree = ReadonlyMap<string, FileEntry>;

/** One thing produced by a build. */
export interface Artifact {
  readonly id: string;
  /** `packer`: what one of Packer's builders left, or its manifest where that stays on a platform. */
  readonly kind: "qcow2" | "raw" | "tar" | "lock" | "packer";
  /** Relative to the folder that holds artifacts.json. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** One line for people: what it is for. */
  readonly purpose: string;
}

/** What an image is made from; no cluster is needed to say it. Its canonical form is the identity of a build. */
export interface BuildRequest {
  readonly role: Role;
  readonly image: Image;
  readonly kubernetes: { readonly version: string; readonly from: SupplySource; readonly mirror: string | undefined };
  readonly architecture: Architecture;
  readonly formats: readonly DiskFormat[];
  /** Seconds since 1970 given to every file; the same for all builds unless SOURCE_DATE_EPOCH says otherwise. */
  readonly epoch: number;
}

/** What makes a disk: kimg itself, or a machine that the user's Packer runs. */
export const engines = ["disk", "packer"] as const;
export type Engine = (typeof engines)[number];

/** How Packer's templates are written: HCL2, or its JSON form. */
export const templateForms = ["hcl2", "json"] as const;
export type TemplateForm = (typeof templateForms)[number];

export const diskFormats = ["qcow2", "raw", "tar"] as const;
export type DiskFormat = (typeof diskFormats)[number];

/** One line of kimg.lock: something that went into an image, and where it came from. */
export interface LockEntry {
  readonly kind: "distribution-package" | "package" | "container-image";
  readonly name: string;
  readonly version: string;
  /** Where it came from: an apt source, a Go module, a URL. */
  readonly source: string;
  /** Of the .deb, or of the image manifest; lower-case hex. */
  readonly sha256: string;
}

/** What a supply yields, whatever its source: names are upstream's, so that nothing after it can tell. */
export interface SuppliedParts {
  /** Absolute folder: a flat apt repository (`*.deb`, `Packages`). */
  readonly packages: string;
  /** Absolute folder: an OCI image layout. */
  readonly images: string;
  readonly lock: readonly LockEntry[];
}
