// https://developer.hashicorp.com/packer/integrations/hashicorp/amazon/latest/components/builder/ebs
import { type Attributes, expression, nested, type Nested } from "../template/template.ts";
import { type Builder, given, optional, type SourceContext, type SshFields, temporaryKey, unset } from "./builder.ts";

interface AmazonEbsSource extends SshFields {
  readonly region: Attributes[string];
  readonly ami_name: Attributes[string];
  readonly ami_description: string;
  readonly ami_regions: Attributes[string];
  /** The snapshots of the AMI; default: as the source's. */
  readonly encrypt_boot: true;
  /** Default: the account's own key for EBS. */
  readonly kms_key_id: Attributes[string];
  /**
   * `v2.0`: machines of this AMI ask for a token before they hand out metadata. Their hop limit is then 2, if their start says no other:
   * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyImageAttribute.html. Of the plugin only.
   */
  readonly imds_support?: "v2.0";
  readonly ena_support: true;
  readonly instance_type: Attributes[string];
  readonly subnet_id: Attributes[string];
  readonly associate_public_ip_address: Attributes[string];
  /** SSH is open to the caller's own public address only; default: to every address. Of the plugin only. */
  readonly temporary_security_group_source_public_ip?: Attributes[string];
  /** The machine of the build itself. Of the plugin only. */
  readonly metadata_options?: Nested;
  readonly source_ami_filter: Nested;
  /** Sizes in GiB, throughput in MiB/s. */
  readonly launch_block_device_mappings: Nested;
  readonly tags: Attributes[string];
}

/** Debian's account: https://wiki.debian.org/Cloud/AmazonEC2Image. */
const debianAccount = "136693071363";

const source = (context: SourceContext): AmazonEbsSource => ({
  region: given("region"),
  ami_name: expression("local.unique_name"),
  ami_description: "Kubernetes node, made by kimg",
  ami_regions: given("ami_regions"),
  encrypt_boot: true,
  kms_key_id: given("kms_key_id"),
  ...(context.builders === "plugins"
    ? ({
        imds_support: "v2.0",
        metadata_options: nested({ http_endpoint: "enabled", http_tokens: "required", http_put_response_hop_limit: 1 }),
        temporary_security_group_source_public_ip: given("associate_public_ip_address"),
      } as const)
    : {}),
  ena_support: true,
  instance_type: given("instance_type"),
  subnet_id: given("subnet_id"),
  associate_public_ip_address: given("associate_public_ip_address"),
  ...temporaryKey("admin", context),
  tags: { Name: expression("local.unique_name"), "made-by": "kimg" },
  source_ami_filter: nested({
    filters: { name: given("source_ami_name"), "root-device-type": "ebs", "virtualization-type": "hvm" },
    owners: [debianAccount],
    most_recent: true,
  }),
  launch_block_device_mappings: nested({
    device_name: "/dev/xvda",
    volume_size: given("disk_size"),
    // What gp3 has at least; Packer 1.6 wants it said.
    ...{ volume_type: "gp3", iops: 3000, throughput: 125 },
    encrypted: true,
    delete_on_termination: true,
  }),
});

export const amazonEbs: Builder = {
  name: "amazon-ebs",
  purpose: "an AMI with encrypted snapshots",
  plugin: { name: "amazon", source: "github.com/hashicorp/amazon", version: ">= 1.2.9" },
  key: "platform",
  powerOff: "platform",
  packages: [],
  variables: [
    unset("region", "Where the machine runs and the AMI is made; AWS_REGION when not given."),
    optional("source_ami_name", "Name of the AMI to start from, with wildcards.", "debian-13-amd64-*"),
    optional("instance_type", "Of the machine.", "t3.large"),
    optional("disk_size", "GiB of the root volume.", 8),
    unset("kms_key_id", "Key that snapshots are encrypted with; the account's own for EBS when not given."),
    { name: "ami_regions", type: "list(string)", description: "Further regions that get a copy.", default: [] },
    unset("subnet_id", "Subnet of the machine; one of the default VPC when not given."),
    optional("associate_public_ip_address", "Whether the machine has a public address.", true),
  ],
  credentials: "AWS's own: AWS_PROFILE, AWS_ACCESS_KEY_ID …, or the role of the machine that Packer runs on",
  environment: ["AWS_"],
  source: (context) => ({ ...source(context) }),
};
