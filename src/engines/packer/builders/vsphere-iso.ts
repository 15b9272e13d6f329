// https://developer.hashicorp.com/packer/integrations/hashicorp/vsphere/latest/components/builder/vsphere-iso
import { type Attributes, nested, type Nested } from "../template/template.ts";
import { type Builder, given, optional, required } from "./builder.ts";
import { installerBootCommand, installerFolder } from "./installer.ts";
import {
  vsphereCredentials,
  type VsphereFields,
  vsphereFields,
  vsphereOneOf,
  vspherePackages,
  vspherePlugin,
  vsphereVariables,
} from "./vsphere.ts";

interface VsphereIsoSource extends VsphereFields {
  readonly iso_url: Attributes[string];
  readonly iso_checksum: Attributes[string];
  /** VMware's identifier of the system: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.vm.GuestOsDescriptor.GuestOsIdentifier.html */
  readonly guest_os_type: Attributes[string];
  /** Virtual hardware; default: the host's newest. */
  readonly vm_version: Attributes[string];
  /** Default `lsilogic`. */
  readonly disk_controller_type: readonly string[];
  /** Sizes in MiB. */
  readonly storage: Nested;
  readonly network_adapters: Nested;
  readonly http_directory: Attributes[string];
  readonly boot_wait: string;
  readonly boot_command: readonly string[];
}

const source = (): VsphereIsoSource => ({
  ...vsphereFields(),
  iso_url: given("iso_url"),
  iso_checksum: given("iso_checksum"),
  guest_os_type: given("guest_os_type"),
  vm_version: given("vm_version"),
  http_directory: installerFolder,
  boot_wait: "5s",
  boot_command: installerBootCommand,
  disk_controller_type: ["pvscsi"],
  storage: nested({ disk_size: given("disk_size"), disk_thin_provisioned: true }),
  network_adapters: nested({ network: given("network"), network_card: "vmxnet3" }),
});

export const vsphereIso: Builder = {
  name: "vsphere-iso",
  purpose: "a template in vCenter, installed from Debian's CD",
  plugin: vspherePlugin,
  key: "installer",
  powerOff: "guest",
  packages: vspherePackages,
  variables: [
    ...vsphereVariables,
    required("iso_url", "Path or URL of Debian's netinst CD."),
    required("iso_checksum", "sha256: and hex digits, from Debian's SHA256SUMS."),
    optional("network", "Network of the machine.", "VM Network"),
    optional("disk_size", "MiB of the disk.", 8192),
    optional("guest_os_type", "What vSphere takes the system for.", "debian12_64Guest"),
    optional("vm_version", "Virtual hardware; 19 is vSphere 7.0 U2.", 19),
  ],
  oneOf: vsphereOneOf,
  credentials: vsphereCredentials,
  environment: [],
  source: () => ({ ...source() }),
};
