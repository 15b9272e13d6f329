// What may stand at a place of the command line: the same for every shell.
import type { ArgumentDescription, CommandDescription, OptionDescription } from "../command-tree.ts";
import { helpOption } from "../command-tree.ts";

/** Names that only the library, cluster.yaml or the book knows: the scripts ask `kimg names`. */
export const nameKinds = ["nodes", "roles", "images", "builders", "versions", "topics"] as const;
export type NameKind = (typeof nameKinds)[number];

export type Candidates =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "files" | "folders" | "nothing" | NameKind };

const optionKinds: Readonly<Record<string, Candidates["kind"]>> = {
  file: "files",
  "cluster.yaml": "files",
  folder: "folders",
  node: "nodes",
  role: "roles",
  image: "images",
  builder: "builders",
  kubernetes: "versions",
  seed: "files",
};

const named = (kind: Candidates["kind"], choices: readonly string[]): Candidates =>
  choices.length > 0 || kind === "words" ? { kind: "words", words: choices } : { kind };

/** Values of an option; undefined for one that takes none. */
export const valuesOf = ({ long, value, choices }: OptionDescription): Candidates | undefined =>
  value === undefined ? undefined : named(optionKinds[long.slice(2)] ?? optionKinds[value] ?? "nothing", choices);

const argumentKinds: Readonly<Record<string, Candidates["kind"]>> = {
  node: "nodes",
  topic: "topics",
  folder: "folders",
};

/** Most arguments are files, whatever they are called. */
export const argumentsOf = ({ name, choices }: ArgumentDescription): Candidates =>
  named(argumentKinds[name] ?? "files", choices);

/** Its own options, those of kimg itself, which every command takes, and `--help`. */
export const optionsOf = (command: CommandDescription, root: CommandDescription): readonly OptionDescription[] => [
  ...command.options,
  ...(command === root ? [] : root.options),
  helpOption,
];

/** The last word of its name: what is typed to get there. */
export const wordOf = ({ verb }: CommandDescription): string => verb.split(" ").at(-1) ?? "";

/** The comment that each script begins with. */
export const origin = "Written by `kimg completion`, for the kimg that wrote it.";
