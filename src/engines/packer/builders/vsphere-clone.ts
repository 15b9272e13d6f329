// https://developer.hashicorp.com/packer/integrations/hashicorp/vsphere/latest/components/builder/vsphere-clone
import type { Attributes } from "../template/template.ts";
import { type Builder, given, optional, required } from "./builder.ts";
import {
  guestinfoSeed,
  vsphereCredentials,
  type VsphereFields,
  vsphereFields,
  vsphereOneOf,
  vspherePackages,
  vspherePlugin,
  vsphereVariables,
} from "./vsphere.ts";

interface VsphereCloneSource extends VsphereFields {
  /** A machine or a template with cloud-init and open-vm-tools. */
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
  name: "vsphere-clone",
  purpose: "a template in vCenter, from another one",
  plugin: vspherePlugin,
  key: "seed",
  powerOff: "guest",
  packages: vspherePackages,
  variables: [
    ...vsphereVariables,
    required("template", "Template to start from; it has UEFI, cloud-init and open-vm-tools."),
    optional("network", "Network of the machine.", "VM Network"),
  ],
  oneOf: vsphereOneOf,
  credentials: vsphereCredentials,
  environment: [],
  source: () => ({ ...source() }),
};
