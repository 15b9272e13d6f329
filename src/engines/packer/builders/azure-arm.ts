// https://developer.hashicorp.com/packer/integrations/hashicorp/azure/latest/components/builder/arm
import { type Attributes, expression, nested, type Nested } from "../template/template.ts";
import {
  buildUser,
  type Builder,
  builderKey,
  given,
  optional,
  required,
  secret,
  type SourceContext,
  type SshFields,
  unset,
} from "./builder.ts";

interface AzureArmSource extends SshFields {
  readonly subscription_id: Attributes[string];
  readonly tenant_id: Attributes[string];
  readonly client_id: Attributes[string];
  readonly client_secret: Attributes[string];
  readonly use_azure_cli_auth?: Attributes[string];
  readonly location: Attributes[string];
  readonly vm_size: Attributes[string];
  readonly os_type: "Linux";
  readonly image_publisher: Attributes[string];
  readonly image_offer: Attributes[string];
  readonly image_sku: Attributes[string];
  /** GB. */
  readonly os_disk_size_gb: Attributes[string];
  /** A trusted launch machine; its image goes to a gallery. Of the plugin only. */
  readonly security_type?: "TrustedLaunch";
  readonly secure_boot_enabled?: true;
  readonly vtpm_enabled?: true;
  /** Disks and caches too; the subscription must have the feature. Of the plugin only. */
  readonly encryption_at_host?: Attributes[string];
  /** Default: platform-managed keys. */
  readonly disk_encryption_set_id?: Attributes[string];
  readonly shared_image_gallery_destination?: Nested;
  readonly managed_image_name?: Attributes[string];
  readonly managed_image_resource_group_name?: Attributes[string];
  readonly azure_tags: Attributes[string];
}

/** A machine of trusted launch cannot become a managed image; the builder that is inside Packer 1.6 can make nothing else from these fields. */
const destination = ({ builders }: SourceContext) =>
  builders === "bundled"
    ? {
        managed_image_name: expression("local.unique_name"),
        managed_image_resource_group_name: given("resource_group"),
      }
    : ({
        use_azure_cli_auth: given("use_azure_cli_auth"),
        security_type: "TrustedLaunch",
        secure_boot_enabled: true,
        vtpm_enabled: true,
        encryption_at_host: given("encryption_at_host"),
        disk_encryption_set_id: given("disk_encryption_set_id"),
        shared_image_gallery_destination: nested({
          subscription: given("subscription_id"),
          resource_group: given("resource_group"),
          gallery_name: given("gallery_name"),
          image_name: given("gallery_image"),
          image_version: given("gallery_image_version"),
        }),
      } as const);

const source = (context: SourceContext): AzureArmSource => ({
  subscription_id: given("subscription_id"),
  tenant_id: given("tenant_id"),
  client_id: given("client_id"),
  client_secret: given("client_secret"),
  location: given("location"),
  vm_size: given("vm_size"),
  os_type: "Linux",
  image_publisher: "Debian",
  image_offer: given("image_offer"),
  image_sku: given("image_sku"),
  os_disk_size_gb: given("disk_size"),
  ...destination(context),
  ...builderKey(buildUser),
  azure_tags: { "made-by": "kimg" },
});

export const azureArm: Builder = {
  name: "azure-arm",
  purpose: "a version of an image in an Azure compute gallery, for trusted launch",
  plugin: { name: "azure", source: "github.com/hashicorp/azure", version: ">= 2.0.5" },
  key: "platform",
  powerOff: "platform",
  packages: [],
  variables: [
    required("subscription_id", "Subscription that everything is made in."),
    required("location", "Where the machine runs, such as westeurope."),
    required("resource_group", "Resource group of the gallery."),
    required("gallery_name", "Gallery that the image goes to; it must be there."),
    required("gallery_image", "Image definition of the gallery, made for generation 2 and trusted launch."),
    optional("gallery_image_version", "Version of the image in the gallery.", "1.0.0"),
    optional("image_offer", "Debian's offer to start from.", "debian-13"),
    optional("image_sku", "Debian's SKU to start from.", "13-gen2"),
    optional("vm_size", "Of the machine.", "Standard_D2s_v5"),
    optional("disk_size", "GB of the system disk.", 30),
    optional("encryption_at_host", "Encrypts temporary disks and caches of the machine too.", true),
    unset("disk_encryption_set_id", "Keys of your own for the disk; the platform's when not given."),
    optional("use_azure_cli_auth", "Takes the login of the Azure CLI.", false),
    unset("tenant_id", "Tenant of the application that builds."),
    unset("client_id", "Application that builds; a managed identity of this machine when not given."),
    secret("client_secret", "Its secret: set PKR_VAR_client_secret."),
  ],
  credentials: "PKR_VAR_client_id and PKR_VAR_client_secret, the Azure CLI's login, or a managed identity",
  environment: ["ARM_", "AZURE_"],
  source: (context) => ({ ...source(context) }),
};
