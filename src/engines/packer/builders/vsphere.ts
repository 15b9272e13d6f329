// What both builders of vSphere have in common: where the machine is, and how vCenter is reached.
// https://developer.hashicorp.com/packer/integrations/hashicorp/vsphere
import { type Attributes, expression } from "../template/template.ts";
import {
  type Builder,
  given,
  optional,
  ownKey,
  required,
  secret,
  shutdownCommand,
  type SshFields,
  unset,
} from "./builder.ts";

export interface VsphereFields extends SshFields {
  readonly vcenter_server: Attributes[string];
  readonly username: Attributes[string];
  readonly password: Attributes[string];
  /** True: vCenter's certificate is not checked. Default false. */
  readonly insecure_connection: Attributes[string];
  readonly datacenter: Attributes[string];
  readonly cluster: Attributes[string];
  readonly host: Attributes[string];
  readonly resource_pool: Attributes[string];
  readonly datastore: Attributes[string];
  readonly folder: Attributes[string];
  readonly vm_name: Attributes[string];
  readonly CPUs: Attributes[string];
  /** MiB. */
  readonly RAM: Attributes[string];
  /** `bios`, `efi` or `efi-secure`; default: as vSphere has it. */
  readonly firmware: "efi-secure";
  /** The result is a template, not a machine. Default false. */
  readonly convert_to_template: true;
  readonly remove_cdrom: true;
  readonly shutdown_command: string;
  /** Default `5m`. */
  readonly shutdown_timeout: string;
}

export const vsphereFields = (): VsphereFields => ({
  vcenter_server: given("vcenter_server"),
  username: given("vcenter_username"),
  password: given("vcenter_password"),
  insecure_connection: given("insecure_connection"),
  datacenter: given("datacenter"),
  cluster: given("cluster"),
  host: given("host"),
  resource_pool: given("resource_pool"),
  datastore: given("datastore"),
  folder: given("folder"),
  vm_name: expression("local.unique_name"),
  CPUs: given("cpus"),
  RAM: given("memory"),
  firmware: "efi-secure",
  convert_to_template: true,
  remove_cdrom: true,
  ...ownKey(),
  shutdown_command: shutdownCommand,
  shutdown_timeout: "30m",
});

/** What is said of both. */
export const vsphere = {
  plugin: { name: "vsphere", source: "github.com/hashicorp/vsphere", version: ">= 1.2.0" },
  powerOff: "guest",
  /** cloud-init reads its seed through it, and vCenter learns the machine's address from it. */
  packages: ["open-vm-tools"],
  variables: [
    required("vcenter_server", "Host name of vCenter."),
    required("vcenter_username", "User that builds."),
    secret("vcenter_password", "Its password: set PKR_VAR_vcenter_password."),
    optional("insecure_connection", "True: vCenter's certificate is not checked.", false),
    required("datacenter", "Where the machine is made."),
    unset("cluster", "Cluster of the machine; this or `host` must be given."),
    unset("host", "Host of the machine; in a cluster too where DRS is off."),
    unset("resource_pool", "Resource pool of the machine; the cluster's own when not given."),
    required("datastore", "Datastore of the machine."),
    unset("folder", "Folder of the machine and of the template."),
    optional("cpus", "Processors of the machine.", 2),
    optional("memory", "MiB of the machine's memory.", 2048),
  ],
  oneOf: ["cluster", "host"],
  credentials: "PKR_VAR_vcenter_password, of the user that `vcenter_username` names",
  environment: [],
} as const satisfies Partial<Builder>;

/** https://docs.cloud-init.io/en/latest/reference/datasources/vmware.html */
export const guestinfoSeed = {
  "guestinfo.metadata": expression('base64encode(file("${var.work_directory}/seed/meta-data"))'),
  "guestinfo.metadata.encoding": "base64",
  "guestinfo.userdata": expression('base64encode(file("${var.work_directory}/seed/user-data"))'),
  "guestinfo.userdata.encoding": "base64",
} as const;
