// https://developer.hashicorp.com/packer/integrations/hashicorp/openstack/latest/components/builder/openstack
import { type Attributes, expression } from "../template/template.ts";
import { type Builder, given, required, type SourceContext, type SshFields, temporaryKey, unset } from "./builder.ts";

interface OpenstackSource extends SshFields {
  readonly image_name: Attributes[string];
  /** Default: as Glance has it. */
  readonly image_visibility: "private";
  readonly source_image_name: Attributes[string];
  readonly flavor: Attributes[string];
  /** UUIDs. */
  readonly networks: Attributes[string];
  readonly floating_ip_network: Attributes[string];
  readonly security_groups: Attributes[string];
  /** The key comes by a drive where there is no metadata service. Default false. */
  readonly config_drive: true;
  /** Properties of the image: https://docs.openstack.org/glance/latest/admin/useful-image-properties.html. */
  readonly metadata: Attributes[string];
}

const source = (context: SourceContext): OpenstackSource => ({
  image_name: expression("local.unique_name"),
  image_visibility: "private",
  source_image_name: given("source_image_name"),
  flavor: given("flavor"),
  networks: given("networks"),
  floating_ip_network: given("floating_ip_network"),
  security_groups: given("security_groups"),
  config_drive: true,
  ...temporaryKey("debian", context),
  metadata: { hw_firmware_type: "uefi", hw_machine_type: "q35", os_secure_boot: "optional", os_distro: "debian" },
});

export const openstack: Builder = {
  name: "openstack",
  purpose: "an image in Glance",
  plugin: { name: "openstack", source: "github.com/hashicorp/openstack", version: ">= 1.1.2" },
  key: "platform",
  powerOff: "platform",
  packages: [],
  variables: [
    required("source_image_name", "Image to start from, such as Debian's genericcloud."),
    required("flavor", "Of the machine."),
    {
      name: "networks",
      type: "list(string)",
      description: "UUIDs of the machine's networks; the project's own when not given.",
      default: [],
    },
    unset("floating_ip_network", "Network that a floating address is taken from; none when not given."),
    {
      name: "security_groups",
      type: "list(string)",
      description: "They must let SSH in.",
      default: ["default"],
    },
  ],
  credentials: "OpenStack's own: OS_CLOUD with clouds.yaml, or OS_AUTH_URL, OS_USERNAME, OS_PASSWORD …",
  environment: ["OS_"],
  source: (context) => ({ ...source(context) }),
};
