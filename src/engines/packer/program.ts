// The user's own Packer: where it is, how old it is, and what it may see.
import { ToolError } from "../../diagnostic.ts";
import type { Io } from "../../edge/io.ts";
import type { Builder, BuilderSupply } from "./builders/builder.ts";

export interface PackerProgram {
  /** Absolute. */
  readonly path: string;
  readonly version: string;
  readonly builders: BuilderSupply;
}

const installHint =
  "kimg calls the Packer that you have and brings none: https://developer.hashicorp.com/packer/install, or Debian 12's package `packer`; " +
  "without one, `kimg packer` still writes the templates";

/** Numbers of a version, for comparing. */
const numbers = (version: string): readonly number[] => version.split(".").map(Number);

const isBefore = (version: string, other: string): boolean => {
  const [left, right] = [numbers(version), numbers(other)];
  const index = left.findIndex((number, at) => number !== (right[at] ?? 0));
  return index !== -1 && (left[index] ?? 0) < (right[index] ?? 0);
};

/** The first whose HCL2 has all that templates of ours use. */
const oldest = "1.6.6";
/** The first that takes a `packer` block with `required_plugins`. */
const firstWithPlugins = "1.7.0";

/** `Packer v1.6.6` → `1.6.6`; undefined when it is another program of that name. */
export const parseVersion = (output: string): string | undefined => /^Packer v(\d+\.\d+\.\d+)/m.exec(output)?.[1];

/** Which way of builders a version has, or undefined when it is too old. */
export const builderSupplyOf = (version: string): BuilderSupply | undefined => {
  if (isBefore(version, oldest)) return undefined;
  return isBefore(version, firstWithPlugins) ? "bundled" : "plugins";
};

/** It asks nobody whether there is a newer one. */
const quiet = { CHECKPOINT_DISABLE: "1", PACKER_NO_COLOR: "1" };

/** Rejects with ToolError when there is none, or one that is too old. */
export const findPacker = async (io: Io): Promise<PackerProgram> => {
  const doing = "looking for Packer";
  const path = await io.processes.find("packer");
  if (path === undefined) {
    throw new ToolError(doing, { command: "packer version", tail: "no program `packer`", hint: installHint });
  }
  const { stdout } = await io.processes.run({ doing, argv: [path, "version"], environment: quiet, hint: installHint });
  const version = parseVersion(stdout);
  const builders = version === undefined ? undefined : builderSupplyOf(version);
  if (version !== undefined && builders !== undefined) return { path, version, builders };
  const tail =
    version === undefined
      ? `${path} is not HashiCorp's Packer: it says ${JSON.stringify(stdout.trim().slice(0, 80))}`
      : `${path} is Packer ${version}; templates of kimg need ${oldest} or later`;
  throw new ToolError(doing, { command: "packer version", tail, hint: installHint });
};

const always = ["PKR_VAR_", "PACKER_", "SSH_AUTH_SOCK", "DISPLAY", "XDG_"];
const network = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]);

/** Names of what Packer and the builder may see of the caller's environment: credentials among it, so that only names are passed. */
export const inheritedNames = (environment: Io["environment"], builder: Builder): string[] => {
  const prefixes = [...always, ...network, ...builder.environment];
  // Only the image.yaml knows which variables a builder of its own reads.
  const all = builder.environment.length === 0 && builder.variables.length === 0;
  return Object.keys(environment).filter((name) => all || prefixes.some((prefix) => name.startsWith(prefix)));
};

export const packerEnvironment = quiet;
