// https://developer.hashicorp.com/packer/integrations/hashicorp/proxmox/latest/components/builder/clone
import type { Attributes } from "../template/template.ts";
import { buildUser, type Builder, builderKey, given, required, type SshFields } from "./builder.ts";
import { type ProxmoxFields, proxmox, proxmoxFields } from "./proxmox.ts";

interface ProxmoxCloneSource extends ProxmoxFields, SshFields {
  /** A template with cloud-init, the guest agent and a drive for cloud-init, which the builder puts the key of the build on. */
  readonly clone_vm: Attributes[string];
  /** Default true: the whole disk is copied. */
  readonly full_clone: true;
}

const source = (): ProxmoxCloneSource => ({
  ...proxmoxFields(),
  clone_vm: given("clone_vm"),
  full_clone: true,
  ...builderKey(buildUser),
});

export const proxmoxClone: Builder = {
  ...proxmox,
  name: "proxmox-clone",
  purpose: "a template of Proxmox VE, from another one",
  key: "platform",
  variables: [
    ...proxmox.variables,
    required("clone_vm", "Template to start from; it has cloud-init, its drive, and the guest agent."),
  ],
  source: () => ({ ...source() }),
};
