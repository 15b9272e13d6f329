// https://developer.hashicorp.com/packer/integrations/hashicorp/virtualbox/latest/components/builder/ovf
import { type Attributes, template } from "../template/template.ts";
import { type Builder, given, optional, ownKey, required, shutdownCommand, type SshFields } from "./builder.ts";

interface VirtualboxOvfSource extends SshFields {
  /** Path or URL of the OVF or OVA to start from. */
  readonly source_path: Attributes[string];
  /** `sha256:` and hex digits, or `none`. */
  readonly checksum: Attributes[string];
  readonly headless: true;
  /** `disable`, `upload` or `attach`; default `upload`. */
  readonly guest_additions_mode: "disable";
  /** A CD with these files; making it needs xorriso, mkisofs, hdiutil or oscdimg. */
  readonly cd_files: Attributes[string];
  readonly cd_label: "cidata";
  /** Calls of VBoxManage before the machine starts. */
  readonly vboxmanage: Attributes[string];
  readonly boot_wait: string;
  /** `ovf` or `ova`; default `ovf`. */
  readonly format: "ova";
  readonly output_directory: Attributes[string];
  /** Without an extension. */
  readonly vm_name: Attributes[string];
  readonly shutdown_command: string;
  /** Default `5m`. */
  readonly shutdown_timeout: string;
}

const source = (): VirtualboxOvfSource => ({
  source_path: given("source_path"),
  checksum: given("source_checksum"),
  headless: true,
  guest_additions_mode: "disable",
  cd_files: [template("${var.work_directory}/seed/meta-data"), template("${var.work_directory}/seed/user-data")],
  cd_label: "cidata",
  vboxmanage: [
    ["modifyvm", "{{ .Name }}", "--cpus", template("${var.cpus}")],
    ["modifyvm", "{{ .Name }}", "--memory", template("${var.memory}")],
  ],
  boot_wait: "1s",
  format: "ova",
  output_directory: template("${var.work_directory}/output"),
  vm_name: given("image_name"),
  ...ownKey(),
  shutdown_command: shutdownCommand,
  shutdown_timeout: "30m",
});

export const virtualboxOvf: Builder = {
  name: "virtualbox-ovf",
  purpose: "an OVA, made in a VirtualBox machine on this host",
  plugin: { name: "virtualbox", source: "github.com/hashicorp/virtualbox", version: ">= 1.0.5" },
  key: "seed",
  powerOff: "guest",
  packages: [],
  variables: [
    required("source_path", "Path or URL of the OVF or OVA to start from; it has cloud-init."),
    optional("source_checksum", "sha256: and hex digits, or none.", "none"),
    optional("cpus", "Processors of the machine.", 2),
    optional("memory", "MiB of the machine's memory.", 2048),
  ],
  credentials: "needs none",
  environment: [],
  output: "ova",
  source: () => ({ ...source() }),
};
