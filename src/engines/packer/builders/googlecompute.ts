// https://developer.hashicorp.com/packer/integrations/hashicorp/googlecompute/latest/components/builder/googlecompute
import { type Attributes, expression } from "../template/template.ts";
import {
  buildUser,
  type Builder,
  given,
  optional,
  required,
  type SourceContext,
  type SshFields,
  temporaryKey,
  unset,
} from "./builder.ts";

interface GoogleComputeSource extends SshFields {
  readonly project_id: Attributes[string];
  readonly zone: Attributes[string];
  readonly source_image_family: Attributes[string];
  readonly source_image_project_id: readonly string[];
  /** Lower-case letters, digits and hyphens; at most 63. */
  readonly image_name: Attributes[string];
  readonly image_family: Attributes[string];
  readonly image_description: string;
  readonly image_labels: Attributes[string];
  readonly machine_type: Attributes[string];
  /** GB; default 10. */
  readonly disk_size: Attributes[string];
  /** Default `pd-standard`. */
  readonly disk_type: string;
  readonly network: Attributes[string];
  readonly subnetwork: Attributes[string];
  /** True: no public address, Packer must be in the same network. */
  readonly omit_external_ip: Attributes[string];
  readonly use_internal_ip: Attributes[string];
  /** A shielded VM; all three default to false. */
  readonly enable_secure_boot: true;
  readonly enable_vtpm: true;
  readonly enable_integrity_monitoring: true;
  readonly use_os_login: false;
  /** True: the machine of the build has no rights in the project. Default false: it may write its storage. */
  readonly disable_default_service_account: true;
  /** Keys of the whole project do not open the machine of the build. */
  readonly metadata: Attributes[string];
}

const source = (context: SourceContext): GoogleComputeSource => ({
  project_id: given("project_id"),
  zone: given("zone"),
  source_image_family: given("source_image_family"),
  source_image_project_id: ["debian-cloud"],
  image_name: expression('replace(local.unique_name, ".", "-")'),
  image_family: expression('replace(var.image_name, ".", "-")'),
  image_description: "Kubernetes node, made by kimg",
  image_labels: { "made-by": "kimg" },
  machine_type: given("machine_type"),
  disk_size: given("disk_size"),
  disk_type: "pd-ssd",
  network: given("network"),
  subnetwork: given("subnetwork"),
  omit_external_ip: given("private"),
  use_internal_ip: given("private"),
  enable_secure_boot: true,
  enable_vtpm: true,
  enable_integrity_monitoring: true,
  use_os_login: false,
  disable_default_service_account: true,
  ...temporaryKey(buildUser, context),
  metadata: { "block-project-ssh-keys": "TRUE" },
});

export const googlecompute: Builder = {
  name: "googlecompute",
  purpose: "an image of Compute Engine, in a family of its own",
  plugin: { name: "googlecompute", source: "github.com/hashicorp/googlecompute", version: ">= 1.1.0" },
  key: "platform",
  powerOff: "platform",
  packages: [],
  variables: [
    required("project_id", "Project that the image is made in."),
    required("zone", "Where the machine runs, such as europe-west1-b."),
    optional("source_image_family", "Family of the image to start from.", "debian-13"),
    optional("machine_type", "Of the machine.", "e2-standard-2"),
    optional("disk_size", "GB of the disk.", 10),
    unset("network", "Network of the machine; `default` when not given."),
    unset("subnetwork", "Subnetwork of the machine."),
    optional("private", "Whether the machine has no public address and is reached from its own network.", false),
  ],
  credentials: "Google's own: GOOGLE_APPLICATION_CREDENTIALS, or `gcloud auth application-default login`",
  environment: ["GOOGLE_", "CLOUDSDK_"],
  source: (context) => ({ ...source(context) }),
};
