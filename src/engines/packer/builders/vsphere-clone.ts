// https://developer.hashicorp.com/packer/integrations/hashicorp/vsphere/latest/components/builder/vsphere-clone
import type { Attributes } from "../template/template.ts";
import { type Builder, given, optional, required } from "./builder.ts";
import { guestinfoSeed, type VsphereFields, vsphere, vsphereFields } from "./vsphere.ts";

interface VsphereCloneSource extends VsphereFields {
  /** A machine or a template with UEFI, cloud-init and open-vm-tools. */
  readonly template: Attributes[string];
  readonly network: Attributes[string];
  /** Default false: the whole disk is copied. */
  readonly linked_clone: false;
  /** Lines of the machine's VMX; these are erased with the seed's own `cleanup-guestinfo` when cloud-init has read them. */
  readonly configuration_parameters: Attributes[string];
}

const source = (): VsphereCloneSource => ({
  ...vsphereFields(),
  template: given("template"),
  network: given("network"),
  linked_clone: false,
  configuration_parameters: guestinfoSeed,
});

export const vsphereClone: Builder = {
  ...vsphere,
  name: "vsphere-clone",
  purpose: "a template in vCenter, from another one",
  key: "seed",
  variables: [
    ...vsphere.variables,
    required("template", "Template to start from; it has UEFI, cloud-init and open-vm-tools."),
    optional("network", "Network of the machine.", "VM Network"),
  ],
  source: () => ({ ...source() }),
};
