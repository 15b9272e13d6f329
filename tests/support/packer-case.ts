// A small image and role for templates whose whole text is looked at, and what each builder must be told to be checked by Packer.
import type { BuildRequest, FileTree, Image, Role, TemplateForm } from "../../src/model.ts";
import type { Builder, BuilderSupply } from "../../src/engines/packer/builders/builder.ts";
import { renderDirectory } from "../../src/engines/packer/directory.ts";

const text = (content: string) => ({ mode: 0o644, bytes: Buffer.from(content) });

export const smallImage: Image = {
  name: "debian-13",
  description: "For tests.",
  folder: "/library/images/debian-13",
  distribution: "debian",
  suite: "trixie",
  sources: ["deb http://deb.debian.org/debian trixie main"],
  architectures: ["amd64"],
  roles: [],
  packages: ["cloud-init", "openssh-server"],
  files: new Map([["etc/motd", text("a node\n")]]),
  steps: [{ source: "images/common/steps/10-system.sh", script: "#!/bin/sh\nset -eu\n" }],
};

const smallRole: Role = {
  name: "worker",
  description: "For tests.",
  folder: "/library/roles/worker",
  bootstrap: "join-worker",
  packages: ["conntrack"],
  components: ["kubelet", "containerd"],
  containerImages: ["pause"],
  units: ["kubelet.service"],
  secrets: [],
  files: new Map([["usr/lib/kimg/own", { mode: 0o755, bytes: Buffer.from("#!/bin/sh\n") }]]),
  steps: [],
  cloudConfig: {},
  sources: new Map(),
};

export const smallRequest: BuildRequest = {
  role: smallRole,
  image: smallImage,
  kubernetes: { version: "1.37.2", from: "modules", mirror: undefined },
  architecture: "amd64",
  formats: ["qcow2"],
  epoch: 1_735_689_600,
};

export const smallDirectory = (
  builder: Builder,
  form: TemplateForm = "hcl2",
  builders: BuilderSupply = "plugins",
  image: Image = smallImage,
): FileTree =>
  renderDirectory({
    request: { ...smallRequest, image },
    ...{ builder, form, builders },
    sandboxImage: "registry.k8s.io/pause:3.10.2",
  });

const vsphere = {
  ...{ vcenter_server: "vcenter.example", vcenter_username: "builder", vcenter_password: "not-a-secret" },
  ...{ datacenter: "dc", cluster: "one", datastore: "store" },
};

/** Values of the variables that each builder must be given; `/tmp/disk` and `/tmp/cd` are files. */
export const variablesOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "amazon-ebs": { region: "eu-west-1" },
  "azure-arm": {
    ...{ subscription_id: "a", location: "westeurope", resource_group: "r", gallery_name: "g", gallery_image: "i" },
    ...{ tenant_id: "t", client_id: "c", client_secret: "not-a-secret" },
  },
  googlecompute: { project_id: "p", zone: "europe-west1-b", network: "default" },
  openstack: { source_image_name: "debian-13", flavor: "small" },
  "proxmox-clone": { node: "pve", clone_vm: "debian-13" },
  "proxmox-iso": { node: "pve", iso_file: "local:iso/debian.iso" },
  qemu: { base_image: "/tmp/disk" },
  "virtualbox-ovf": { source_path: "/tmp/disk" },
  "vsphere-clone": { ...vsphere, template: "debian-13" },
  "vsphere-iso": { ...vsphere, iso_url: "/tmp/cd", iso_checksum: "none" },
};
