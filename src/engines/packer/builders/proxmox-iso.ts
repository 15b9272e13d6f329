// https://developer.hashicorp.com/packer/integrations/hashicorp/proxmox/latest/components/builder/iso
import { type Attributes, nested, type Nested } from "../template/template.ts";
import { type Builder, type BuilderSupply, given, optional, ownKey, required, type SshFields } from "./builder.ts";
import { installerBootCommand, installerFolder } from "./installer.ts";
import { type ProxmoxFields, proxmox, proxmoxFields } from "./proxmox.ts";

interface ProxmoxIsoSource extends ProxmoxFields, SshFields {
  /** The CD; of the plugin. */
  readonly boot_iso?: Nested;
  /** The CD; of the builder inside Packer 1.6. */
  readonly iso_file?: Attributes[string];
  readonly unmount_iso?: true;
  /** Default `seabios`. Of the plugin only, as what follows. */
  readonly bios?: "ovmf";
  readonly machine?: "q35";
  /** With Microsoft's and the distributions' keys: Secure Boot is on. */
  readonly efi_config?: Nested;
  /** Sizes with a unit: `8G`. */
  readonly disks: Nested;
  readonly http_directory: Attributes[string];
  readonly boot_wait: string;
  readonly boot_command: readonly string[];
}

const firmware = (builders: BuilderSupply): Partial<ProxmoxIsoSource> =>
  builders === "bundled"
    ? { iso_file: given("iso_file"), unmount_iso: true }
    : {
        bios: "ovmf",
        machine: "q35",
        efi_config: nested({ efi_storage_pool: given("storage_pool"), efi_type: "4m", pre_enrolled_keys: true }),
        boot_iso: nested({ iso_file: given("iso_file"), iso_checksum: given("iso_checksum"), unmount: true }),
      };

const source = (builders: BuilderSupply): ProxmoxIsoSource => ({
  ...proxmoxFields(),
  ...firmware(builders),
  http_directory: installerFolder,
  boot_wait: "5s",
  boot_command: installerBootCommand,
  ...ownKey(),
  disks: nested({
    type: "scsi",
    disk_size: given("disk_size"),
    storage_pool: given("storage_pool"),
    ...(builders === "bundled" ? { storage_pool_type: "lvm-thin", format: "raw" } : { discard: true }),
  }),
});

export const proxmoxIso: Builder = {
  ...proxmox,
  name: "proxmox-iso",
  purpose: "a template of Proxmox VE, installed from Debian's CD",
  key: "installer",
  variables: [
    ...proxmox.variables,
    required("iso_file", "Debian's netinst CD in a storage of Proxmox VE: local:iso/debian-13.1.0-amd64-netinst.iso."),
    optional("iso_checksum", "sha256: and hex digits, or none.", "none"),
    optional("disk_size", "Of the disk, with a unit.", "8G"),
  ],
  source: ({ builders }) => ({ ...source(builders) }),
};
