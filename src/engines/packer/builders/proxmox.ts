// What both builders of Proxmox VE have in common: how it is reached, and the machine's hardware.
// https://developer.hashicorp.com/packer/integrations/hashicorp/proxmox
import { type Attributes, expression, nested, type Nested } from "../template/template.ts";
import { type Builder, given, optional, required, unset } from "./builder.ts";

export interface ProxmoxFields {
  /** The builder takes its URL, user, token and password from PROXMOX_URL, PROXMOX_USERNAME, PROXMOX_TOKEN and PROXMOX_PASSWORD. */
  readonly node: Attributes[string];
  /** True: the certificate of Proxmox is not checked. Default false. */
  readonly insecure_skip_tls_verify: Attributes[string];
  readonly pool: Attributes[string];
  readonly vm_name: Attributes[string];
  readonly template_name: Attributes[string];
  readonly template_description: string;
  readonly cores: Attributes[string];
  /** MiB; default 512. */
  readonly memory: Attributes[string];
  /** Default `kvm64`. */
  readonly cpu_type: Attributes[string];
  /** Default `other`. */
  readonly os: "l26";
  /** The builder learns the machine's address from it; default true. */
  readonly qemu_agent: true;
  /** Default `lsi`. */
  readonly scsi_controller: "virtio-scsi-pci";
  readonly network_adapters: Nested;
  /** The template gets a drive for cloud-init. Default false. */
  readonly cloud_init: true;
  readonly cloud_init_storage_pool: Attributes[string];
}

export const proxmoxFields = (): ProxmoxFields => ({
  node: given("node"),
  insecure_skip_tls_verify: given("insecure_skip_tls_verify"),
  pool: given("pool"),
  vm_name: expression('replace(var.image_name, ".", "-")'),
  template_name: expression('replace(local.unique_name, ".", "-")'),
  template_description: "Kubernetes node, made by kimg",
  cores: given("cpus"),
  memory: given("memory"),
  cpu_type: given("cpu_type"),
  os: "l26",
  qemu_agent: true,
  scsi_controller: "virtio-scsi-pci",
  cloud_init: true,
  cloud_init_storage_pool: given("storage_pool"),
  network_adapters: nested({ model: "virtio", bridge: given("bridge") }),
});

/** What is said of both. */
export const proxmox = {
  plugin: { name: "proxmox", source: "github.com/hashicorp/proxmox", version: ">= 1.2.0" },
  powerOff: "platform",
  packages: ["qemu-guest-agent"],
  variables: [
    required("node", "Node of Proxmox VE that the machine runs on."),
    optional("storage_pool", "Storage of the disks.", "local-lvm"),
    optional("bridge", "Bridge of the machine's network.", "vmbr0"),
    unset("pool", "Resource pool of the machine."),
    optional("cpus", "Processors of the machine.", 2),
    optional("memory", "MiB of the machine's memory.", 2048),
    optional("cpu_type", "Model of the processor.", "x86-64-v2-AES"),
    optional("insecure_skip_tls_verify", "True: the certificate of Proxmox VE is not checked.", false),
  ],
  credentials: "Proxmox's own: PROXMOX_URL, PROXMOX_USERNAME, PROXMOX_TOKEN or PROXMOX_PASSWORD",
  environment: ["PROXMOX_"],
} as const satisfies Partial<Builder>;
