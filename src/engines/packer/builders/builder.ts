// What one of Packer's builders must say of itself, and what several of them have in common.
import type { Image } from "../../../model.ts";
import { type Attributes, expression, type Plugin, template, type Variable } from "../template/template.ts";

/** Whether builders are plugins (Packer 1.7 and later) or inside Packer (1.6). Newer fields are for plugins only. */
export type BuilderSupply = "plugins" | "bundled";

export interface SourceContext {
  readonly image: Image;
  readonly builders: BuilderSupply;
}

/**
 * How the machine that is provisioned learns the key of this build. `platform`: Packer makes a key for the build and the platform brings
 * it to the machine. Otherwise `new-key.sh` makes one: `seed` puts it into a seed of cloud-init's, `installer` into what Debian's
 * installer reads.
 */
export type KeyDelivery = "platform" | "seed" | "installer";

export interface Builder {
  /** Packer's name of it. */
  readonly name: string;
  /** One line for people: what comes out. */
  readonly purpose: string;
  readonly plugin: Plugin;
  readonly key: KeyDelivery;
  /** `guest`: the source has a shutdown_command, which also removes the build user. `platform`: it switches the machine off itself. */
  readonly powerOff: "guest" | "platform";
  /** Distribution packages that images for this platform need beside the image's own. */
  readonly packages: readonly string[];
  /** Variables of its own, in the order in which a person fills them in. */
  readonly variables: readonly Variable[];
  /** Variables that are optional each, but of which one must be given. */
  readonly oneOf?: readonly string[];
  /** One line: where its credentials come from. */
  readonly credentials: string;
  /** Names of environment variables that the builder reads by itself begin with one of these. */
  readonly environment: readonly string[];
  /** Extension of the disk that it leaves in `<work_directory>/output`; undefined where the result stays with the platform. */
  readonly output?: "qcow2" | "ova";
  readonly source: (context: SourceContext) => Attributes;
}

/** Any field of any builder has at least these of the SSH communicator: https://developer.hashicorp.com/packer/docs/communicators/ssh. */
export interface SshFields {
  /** Removed from the machine at the end. */
  readonly ssh_username: Attributes[string];
  /** How long to wait for the machine, as Go writes durations; Packer's default is `5m`. */
  readonly ssh_timeout: Attributes[string];
  /** Kind of the key that Packer makes for this build and forgets; RSA when not given. */
  readonly temporary_key_pair_type?: Attributes[string];
  /** The key that `new-key.sh` has made for this build. */
  readonly ssh_private_key_file?: Attributes[string];
}

const timeout = expression("var.ssh_timeout");

/**
 * A key that the builder makes for the build; of which kind is not asked. So it is where `temporary_key_pair_type` would be ignored:
 * https://github.com/hashicorp/packer-plugin-azure/blob/main/builder/azure/arm/openssh_key_pair.go,
 * https://github.com/hashicorp/packer-plugin-proxmox/blob/main/builder/proxmox/clone/step_ssh_key_pair.go.
 */
export const builderKey = (username: Attributes[string]): SshFields => ({
  ssh_username: username,
  ssh_timeout: timeout,
});

/** Packer's own key of the build. */
export const temporaryKey = (username: Attributes[string], { builders }: SourceContext): SshFields => ({
  ...builderKey(username),
  ...(builders === "plugins" ? { temporary_key_pair_type: "ed25519" } : {}),
});

/** The user that the seed or the installer makes. */
export const buildUser = "packer";

/** The key of `new-key.sh`. */
export const ownKey = (): SshFields => ({
  ssh_username: buildUser,
  ssh_timeout: timeout,
  ssh_private_key_file: template("${var.work_directory}/key/id_ed25519"),
});

/** Removes the build user and its rights, and switches the machine off. */
export const shutdownCommand = "sudo -n sh /run/kimg/finish.sh poweroff";

const variable = (name: string, description: string, initial?: Variable["default"]): Variable => ({
  name,
  type: typeof initial === "number" ? "number" : typeof initial === "boolean" ? "bool" : "string",
  description,
  ...(initial === undefined ? {} : { default: initial }),
});

/** A variable that must be given. */
export const required = (name: string, description: string): Variable => variable(name, description);

/** A variable with a value that fits most. */
export const optional = (name: string, description: string, initial: NonNullable<Variable["default"]>): Variable =>
  variable(name, description, initial);

/** Where nobody gives one, the builder's default holds. */
export const unset = (name: string, description: string): Variable => variable(name, description, null);

/** Never written anywhere: from PKR_VAR_<name>, or the builder's own environment. */
export const secret = (name: string, description: string): Variable => ({
  ...variable(name, description, null),
  sensitive: true,
});

/** For people: what has no value yet, and must have one. Empty when everything has. */
export const missingValues = ({ variables, oneOf }: Pick<Builder, "variables" | "oneOf">): readonly string[] => [
  ...variables.filter((each) => each.default === undefined).map(({ name }) => `\`${name}\``),
  ...(oneOf === undefined ? [] : [`one of ${oneOf.map((name) => `\`${name}\``).join(" and ")}`]),
];

export const given = (name: string) => expression(`var.${name}`);
