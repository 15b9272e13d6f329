// What kimg says of itself: the command line as plain data, and what is made from it and from the codes: completions, the man page,
// docs/cli.md, docs/codes.md, `kimg help`. Must not know what a verb does.
import type { Argument, Command, Option } from "commander";

export interface ArgumentDescription {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly variadic: boolean;
  readonly defaultValue: string | undefined;
  readonly choices: readonly string[];
}

export interface OptionDescription {
  /** `--format`. */
  readonly long: string;
  /** `-V`. */
  readonly short: string | undefined;
  /** The name of its value, such as `file`; undefined for one that takes none. */
  readonly value: string | undefined;
  readonly description: string;
  readonly mandatory: boolean;
  readonly defaultValue: string | undefined;
  readonly choices: readonly string[];
}

export interface CommandDescription {
  /** Without `kimg`: `mirror create`; empty for kimg itself. */
  readonly verb: string;
  readonly summary: string;
  readonly description: string;
  readonly args: readonly ArgumentDescription[];
  /** Its own, without `--help` and those of kimg itself. */
  readonly options: readonly OptionDescription[];
  /** Examples and other words after the help. */
  readonly after: string;
  readonly commands: readonly CommandDescription[];
}

const valueText = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" ? String(value) : undefined;

const describeArgument = (argument: Argument): ArgumentDescription => ({
  name: argument.name(),
  description: argument.description,
  required: argument.required,
  variadic: argument.variadic,
  defaultValue: valueText(argument.defaultValue),
  choices: argument.argChoices ?? [],
});

const describeOption = (option: Option): OptionDescription => ({
  long: option.long ?? option.flags,
  short: option.short,
  value: /[<[](.+?)(?:\.\.\.)?[>\]]/.exec(option.flags)?.[1],
  description: option.description,
  mandatory: option.mandatory,
  defaultValue: valueText(option.defaultValue),
  choices: option.argChoices ?? [],
});

/** As `--help` prints it. Changes where the command writes to. */
export const helpOf = (command: Command): string => {
  let printed = "";
  command.configureOutput({ writeOut: (text) => void (printed += text) });
  command.outputHelp();
  return printed;
};

/** commander keeps what `addHelpText` was given in its listeners only. */
const afterHelp = (command: Command): string => helpOf(command).slice(command.helpInformation().length).trim();

const describe = (command: Command, verb: string): CommandDescription => {
  const shown = command.createHelp();
  const commands = shown.visibleCommands(command).filter((each) => command.commands.includes(each));
  const options = command.options.filter(({ hidden, long }) => !hidden && long !== "--version");
  return {
    verb,
    summary: command.summary() || command.description(),
    description: command.description(),
    args: command.registeredArguments.map(describeArgument),
    options: options.map(describeOption),
    after: afterHelp(command),
    commands: commands.map((each) => describe(each, verb === "" ? each.name() : `${verb} ${each.name()}`)),
  };
};

/** kimg's whole command line. Changes where the program writes its help to: give it one that is made for this. */
export const commandTree = (program: Command): CommandDescription => describe(program, "");

/** It and all below it that can be called, in the order of the help. */
export const allCommands = (command: CommandDescription): readonly CommandDescription[] => [
  command,
  ...command.commands.flatMap(allCommands),
];

/** `kimg replace [options] <node> [cluster.yaml]`. */
export const usageOf = ({ verb, args, options, commands }: CommandDescription): string =>
  [
    ...["kimg", verb, options.length > 0 ? "[options]" : "", commands.length > 0 ? "<command>" : ""],
    ...args.map(({ name, required, variadic }) => {
      const dots = variadic ? "..." : "";
      return required ? `<${name}${dots}>` : `[${name}${dots}]`;
    }),
  ]
    .filter((part) => part !== "")
    .join(" ");

/** `--format <form>`. */
export const flagsOf = ({ long, short, value }: OptionDescription): string =>
  `${short === undefined ? "" : `${short}, `}${long}${value === undefined ? "" : ` <${value}>`}`;

/** Of every command. */
export const helpOption: OptionDescription = {
  long: "--help",
  short: "-h",
  value: undefined,
  description: "print help",
  mandatory: false,
  defaultValue: undefined,
  choices: [],
};
