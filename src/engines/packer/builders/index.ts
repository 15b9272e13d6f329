// The builders of Packer that kimg writes sources for: one file each, and a line here. Any other comes through `packer.source` of an
// image.yaml (pass-through.ts).
import { amazonEbs } from "./amazon-ebs.ts";
import { azureArm } from "./azure-arm.ts";
import type { Builder } from "./builder.ts";
import { googlecompute } from "./googlecompute.ts";
import { openstack } from "./openstack.ts";
import { proxmoxClone } from "./proxmox-clone.ts";
import { proxmoxIso } from "./proxmox-iso.ts";
import { qemu } from "./qemu.ts";
import { virtualboxOvf } from "./virtualbox-ovf.ts";
import { vsphereClone } from "./vsphere-clone.ts";
import { vsphereIso } from "./vsphere-iso.ts";

export const builders: readonly Builder[] = [
  amazonEbs,
  azureArm,
  googlecompute,
  openstack,
  proxmoxClone,
  proxmoxIso,
  qemu,
  virtualboxOvf,
  vsphereClone,
  vsphereIso,
];
