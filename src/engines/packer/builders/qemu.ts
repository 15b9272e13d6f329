// https://developer.hashicorp.com/packer/integrations/hashicorp/qemu/latest/components/builder/qemu
import type { Attributes } from "../template/template.ts";
import { template } from "../template/template.ts";
import { type Builder, given, optional, ownKey, required, shutdownCommand, type SshFields, unset } from "./builder.ts";

interface QemuSource extends SshFields {
  /** Path or URL of the disk to start from. */
  readonly iso_url: Attributes[string];
  /** `sha256:` and hex digits, or `none`. */
  readonly iso_checksum: Attributes[string];
  /** True: `iso_url` is a disk to start from, not a CD. Default false. */
  readonly disk_image: true;
  /** With a unit: `8G`; default `40960M`. */
  readonly disk_size: Attributes[string];
  /** Default `virtio`. */
  readonly disk_interface: "virtio";
  /** What the machine trims is not in the image. Default `ignore`. */
  readonly disk_discard: "unmap";
  /** Zeros that the machine writes take no room on this host. Default `off`. */
  readonly disk_detect_zeroes: "unmap";
  readonly disk_compression: boolean;
  /** Default `qcow2`. */
  readonly format: "qcow2";
  /** Default: kvm where it is there, else tcg. */
  readonly accelerator: Attributes[string];
  /** Default `pc`. */
  readonly machine_type: "q35";
  /** Number of processors; default 1. */
  readonly cpus: Attributes[string];
  /** MiB; default 512. */
  readonly memory: Attributes[string];
  /** Default `virtio-net`. */
  readonly net_device: "virtio-net";
  /** Default `qemu-system-x86_64`. */
  readonly qemu_binary: Attributes[string];
  readonly headless: true;
  /** Nothing is typed into the machine; default false. */
  readonly disable_vnc: true;
  /** Time before the first key is typed; default `10s`. */
  readonly boot_wait: string;
  /** Served at {{ .HTTPIP }}:{{ .HTTPPort }}, for as long as the build runs. */
  readonly http_directory: Attributes[string];
  /** More of QEMU's arguments, each with its value. */
  readonly qemuargs: Attributes[string];
  readonly output_directory: Attributes[string];
  /** File name of the disk. */
  readonly vm_name: Attributes[string];
  readonly shutdown_command: string;
  /** Default `5m`. */
  readonly shutdown_timeout: string;
}

/**
 * cloud-init reads where its seed is from the serial number: https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html.
 * Without `dsmode` 22.4 looks before there is a network.
 */
const seedAddress = "type=1,serial=ds=nocloud;dsmode=net;s=http://{{ .HTTPIP }}:{{ .HTTPPort }}/";

const source = (): QemuSource => ({
  iso_url: given("base_image"),
  iso_checksum: given("base_image_checksum"),
  disk_image: true,
  disk_size: given("disk_size"),
  disk_interface: "virtio",
  disk_discard: "unmap",
  disk_detect_zeroes: "unmap",
  disk_compression: true,
  format: "qcow2",
  machine_type: "q35",
  accelerator: given("accelerator"),
  cpus: given("cpus"),
  memory: given("memory"),
  net_device: "virtio-net",
  qemu_binary: given("qemu_binary"),
  headless: true,
  disable_vnc: true,
  boot_wait: "1s",
  http_directory: template("${var.work_directory}/seed"),
  qemuargs: [
    ["-cpu", "max"],
    ["-smbios", seedAddress],
    ["-serial", template("file:${var.work_directory}/console.log")],
  ],
  output_directory: template("${var.work_directory}/output"),
  vm_name: template("${var.image_name}.qcow2"),
  ...ownKey(),
  shutdown_command: shutdownCommand,
  shutdown_timeout: "30m",
});

export const qemu: Builder = {
  name: "qemu",
  purpose: "a qcow2 disk, made in a virtual machine on this host",
  plugin: { name: "qemu", source: "github.com/hashicorp/qemu", version: ">= 1.1.0" },
  key: "seed",
  powerOff: "guest",
  packages: [],
  variables: [
    required("base_image", "Path or URL of the disk to start from, such as one of `kimg build --role base`."),
    optional("base_image_checksum", "sha256: and hex digits, or none.", "none"),
    optional("disk_size", "Of the new disk, not smaller than the base image's.", "8G"),
    optional("cpus", "Processors of the machine.", 2),
    optional("memory", "MiB of the machine's memory.", 2048),
    unset("accelerator", "kvm, tcg, hvf …; kvm where it works when not given."),
    optional("qemu_binary", "QEMU's program.", "qemu-system-x86_64"),
  ],
  credentials: "needs none",
  environment: [],
  output: "qcow2",
  source: () => ({ ...source() }),
};
