// Options and arguments that several verbs have, in the same words.
import { type Command, InvalidArgumentError, Option } from "commander";
import { nearest } from "./did-you-mean.ts";
import { supplySources } from "./model.ts";

export const collect = (value: string, previous: readonly string[]): readonly string[] => [...previous, value];

const refuseOthers = (value: string, choices: readonly string[]): void => {
  if (choices.includes(value)) return;
  const meant = nearest(value, choices);
  const guess = meant === undefined ? "" : `Did you mean ${meant}? `;
  throw new InvalidArgumentError(`${guess}Allowed choices are ${choices.join(", ")}.`);
};

/** Takes one of `choices`. */
export const oneOf = (flags: string, description: string, choices: readonly string[]): Option =>
  new Option(flags, description).choices(choices).argParser((value) => {
    refuseOthers(value, choices);
    return value;
  });

/** May be given more than once and takes one of `choices` each time; none when not given. */
export const someOf = (flags: string, description: string, choices: readonly string[]): Option =>
  new Option(flags, description)
    .choices(choices)
    .argParser((value, previous: readonly string[]) => {
      refuseOthers(value, choices);
      return [...new Set([...previous, value])];
    })
    .default([]);

/** The command itself judges what it is given, and has better words for what it does not take. */
export const suggesting = (flags: string, description: string, choices: readonly string[]): Option =>
  new Option(flags, description).choices(choices).argParser((value) => value);

export const libraryOption = (): Option =>
  new Option("--library <folder>", "a folder with roles/ and images/ of your own; may be given more than once")
    .argParser(collect)
    .default([]);

export const imageOption = (): Option =>
  new Option("--image <image>", "base operating system; debian-13 when not given");

export const builderOption = (): Option =>
  new Option("--builder <builder>", "Packer's builder, such as qemu or amazon-ebs; may be given more than once")
    .argParser(collect)
    .default([]);

export const clusterArgument = ["[cluster.yaml]", "the cluster's description", "cluster.yaml"] as const;

export const secretsFileOption = (): Option =>
  new Option("--secrets <file>", "the cluster's trust; beside cluster.yaml when not given");

export const passphraseOption = (): Option =>
  new Option("--passphrase-file <file>", "file whose first line is the passphrase; or set KIMG_PASSPHRASE");

export const serverOption = (): Option =>
  new Option(
    "--server <url>",
    "where the API is reached from here, such as a tunnel; the cluster's endpoint when not given",
  );

export const seedsFolderOption = (): Option =>
  new Option("--output <folder>", "folder that the cluster's own folder is made in").default("build");

/** What commands take that need the cluster's trust. */
export const trusting = (command: Command): Command =>
  command.addOption(libraryOption()).addOption(secretsFileOption()).addOption(passphraseOption());

export const supplyOptions = (command: Command): Command =>
  command
    .option(
      "--kubernetes <version>",
      "exact Kubernetes version, such as 1.37.2; the newest that kimg knows when not given",
    )
    .addOption(oneOf("--from <supply>", "where Kubernetes and its companions come from", supplySources))
    .addOption(oneOf("--arch <architecture>", "Debian's name of it", ["amd64"]).default("amd64"));
