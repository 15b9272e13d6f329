// The command line: every verb with its options and their words. Knows what there is to say, not how it is done: actions come from
// outside, so that the documentation's commands can be checked without running them.
import { Command, type CommanderError, Help, type Option } from "commander";
import { kimgVersion } from "./content.ts";
import { UsageError, diagnosticFormats } from "./diagnostic.ts";
import { datasourceNames, diskFormats, engines, templateForms } from "./model.ts";
import { allCommands, commandTree, helpOf } from "./help/command-tree.ts";
import { addHelpCommands, factsHelp } from "./program-help.ts";
import { addOperationCommands } from "./program-operation.ts";
import { addToolCommands } from "./program-tools.ts";
import { rotatableItems } from "./secrets/secrets.ts";
import {
  builderOption,
  clusterArgument,
  collect,
  imageOption,
  libraryOption,
  oneOf,
  passphraseOption,
  secretsFileOption,
  seedsFolderOption,
  someOf,
  suggesting,
  supplyOptions,
} from "./program-options.ts";

/** Runs a verb: its full name (`cache prune`), its arguments, and its options merged with the global ones. */
export type Action = (
  verb: string,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
) => Promise<void>;

const addInputCommands = (program: Command): void => {
  program
    .command("init")
    .summary("write a commented cluster.yaml")
    .description("Writes a commented cluster.yaml to start from. Overwrites nothing.")
    .argument(...clusterArgument);
  program
    .command("check")
    .summary("say everything that is wrong with a cluster.yaml")
    .description("Checks cluster.yaml and the roles and images that it uses. Exit code 1 when there is an error.")
    .argument(...clusterArgument)
    .addOption(libraryOption())
    .addOption(
      oneOf(
        "--format <form>",
        "how to print what was found; github: as GitHub Actions annotates files with",
        diagnosticFormats,
      ).default("text"),
    )
    .option(
      "--with-programs",
      "ask kubeadm, cloud-init and HAProxy as well, as the nodes have them, and your Packer about fields of an image.yaml; the first time takes minutes",
    );
  program
    .command("secrets")
    .summary("make the cluster's trust: authorities, keys, tokens")
    .description("Makes the cluster's trust once, in one file of mode 0600. Never overwrites it.")
    .argument(...clusterArgument)
    .addOption(libraryOption())
    .option("--output <file>", "where to write it; beside cluster.yaml when not given")
    .addOption(suggesting("--rotate <item>", "make one item anew", rotatableItems))
    .option("--encrypt", "encrypt the file with a passphrase (age format)")
    .addOption(passphraseOption());
};

const addRender = (program: Command): void => {
  program
    .command("render")
    .summary("write each node's seed")
    .description("Writes build/<cluster>/<node>/: cloud-init seeds, and the files that each node gets, to read.")
    .argument(...clusterArgument)
    .addOption(libraryOption())
    .addOption(secretsFileOption())
    .addOption(passphraseOption())
    .addOption(
      someOf(
        "--datasource <name>",
        "how cloud-init gets the seed; may be given more than once; as cluster.yaml says when not given",
        datasourceNames,
      ),
    )
    .option("--node <name>", "only this node or pool; may be given more than once", collect, [])
    .option("--diff", "say what would change, secrets redacted, and write nothing")
    .addOption(seedsFolderOption());
};

const addOutputCommands = (program: Command): void => {
  supplyOptions(
    program
      .command("build")
      .summary("build node images")
      .description("Builds one bootable image per role. Needs no cluster.yaml: an image knows no cluster.")
      .option("--role <role>", "what the image becomes; may be given more than once", collect, [])
      .addOption(imageOption())
      .option("--cluster <cluster.yaml>", "build every image that this cluster needs"),
  )
    .option("--mirror <folder>", "made by `kimg mirror create`; implies --from mirror")
    .addOption(someOf("--format <format>", "what to pack the disk as; may be given more than once", diskFormats))
    .addOption(oneOf("--engine <engine>", "what makes the disk", engines).default("disk"))
    .addOption(builderOption())
    .option("--var <name=value>", "variable of Packer's template; may be given more than once", collect, [])
    .option("--var-file <file>", "file with variables of Packer's template; may be given more than once", collect, [])
    .option("--locked", "build exactly what the image's kimg.lock says, or say what differs")
    .option("--refresh", "ask Debian's archive and upstream anew, instead of using what they had at the last build")
    .addOption(libraryOption())
    .option("--output <folder>", "folder that images/ is made in", "build");
  addPacker(program);
  const mirror = program
    .command("mirror")
    .summary("supplies that need no network")
    .description("Supplies that need no network.");
  supplyOptions(
    mirror
      .command("create")
      .summary("put all that builds need into one folder")
      .description("Puts everything that builds need into one folder: packages, container images and a lock.")
      .argument("<folder>", "new or empty folder")
      .option(
        "--role <role>",
        "only what this role needs; may be given more than once; all roles when not given",
        collect,
        [],
      )
      .option("--image <image>", "base operating system; debian-13 when not given")
      .option("--refresh", "ask Debian's archive and upstream anew, instead of using what they had at the last build")
      .addOption(libraryOption()),
  );
};

const addPacker = (program: Command): void => {
  supplyOptions(
    program
      .command("packer")
      .summary("write Packer templates")
      .description(
        "Writes build/packer/<image>-<builder>/: a Packer template with all that it needs. Runs no Packer: kimg build --engine packer does.",
      )
      .option("--role <role>", "what the image becomes; may be given more than once", collect, [])
      .addOption(imageOption())
      .option("--cluster <cluster.yaml>", "templates for every image that this cluster needs")
      .addOption(builderOption()),
  )
    .option("--mirror <folder>", "made by `kimg mirror create`; implies --from mirror")
    .addOption(oneOf("--syntax <form>", "HCL2, or its JSON form", templateForms).default("hcl2"))
    .option("--packer-version <version>", "Packer that the templates are for, 1.6.6 or later", "1.15.0")
    .option("--template-only", "leave supply/ empty: nothing is compiled or fetched")
    .addOption(libraryOption())
    .option("--output <folder>", "folder that packer/ is made in", "build");
};

const addCacheCommands = (program: Command): void => {
  const cache = program
    .command("cache")
    .summary("what is kept of earlier work")
    .description("What is kept of earlier work.");
  cache
    .command("show")
    .summary("what the cache holds, the biggest first")
    .description(
      "Lists what the cache holds: size, last use, what it is and its name, the biggest first, and the total.",
    );
  cache
    .command("prune")
    .summary("make room, first of what is quick to make again")
    .description(
      "Removes entries until the rest fits: first what is quick to make again, such as disks; then what the network has to bring; compiled programs last. Of each, what was not used for longest.",
    )
    .option("--size <size>", "such as 20G; KIMG_CACHE_LIMIT or 40G when not given")
    .option("--all", "remove everything");
};

/** `cache prune`; empty for kimg itself. */
const verbOf = (command: Command): string =>
  command.parent === null ? "" : `${verbOf(command.parent)} ${command.name()}`.trim();

/** What commander refuses, in kimg's own words where it has some. */
export class CommandLineError extends UsageError {
  constructor(
    message: string,
    hint: string,
    /** As far as they were read. */
    readonly options: Readonly<Record<string, unknown>>,
    /** For people, in place of the message. */
    readonly help?: string,
  ) {
    super(message, hint);
  }
}

/** Exit code 0: help or the version, which has been printed. */
const refusal = (command: Command, { exitCode, code, message }: CommanderError): CommandLineError | undefined => {
  if (exitCode === 0) return undefined;
  const name = `kimg ${verbOf(command)}`.trim();
  const options = command.optsWithGlobals();
  if (code === "commander.help")
    return new CommandLineError(`${name} what?`, `see ${name} --help`, options, helpOf(command).trimEnd());
  const words = message.replace(/^error: /, "").replace(/\n\(D(id you mean .*\?)\)$/, "; d$1");
  return new CommandLineError(words, `see ${name} --help`, options);
};

const leaves = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);

/** Of an option that may be given more than once, that there is none by default goes without saying. */
const optionDescription = (option: Option): string =>
  new Help()
    .optionDescription(option)
    .replace(/,? ?\(?default: \[\]\)?/, (found) => (found.startsWith(",") ? ")" : ""));

/** The whole command line. In place of exiting it throws CommandLineError, or CommanderError after help or the version. */
export const createProgram = (action: Action): Command => {
  const program = new Command("kimg")
    .description(
      "Compiles one cluster.yaml into node images and seeds that assemble a highly available kubeadm cluster by themselves.",
    )
    .version(kimgVersion)
    .option("--quiet", "print results and errors only")
    .option("--json", "progress as JSON events, one a line, and results as JSON")
    .configureHelp({ optionDescription })
    .addHelpText("after", factsHelp);
  addInputCommands(program);
  addRender(program);
  addOutputCommands(program);
  addOperationCommands(program);
  addToolCommands(program);
  addCacheCommands(program);
  addHelpCommands(program);
  for (const command of leaves(program)) {
    command.action(() => action(verbOf(command), command.processedArgs as string[], command.optsWithGlobals()));
  }
  for (const command of [program, ...program.commands, ...program.commands.flatMap((each) => each.commands)]) {
    command.configureOutput({ writeErr: () => {} }).exitOverride((error) => {
      throw refusal(command, error) ?? error;
    });
  }
  return program;
};

/** The command line as data, and the help of each verb. Runs nothing. */
export const describeProgram = () => {
  const tree = commandTree(createProgram(async () => {}));
  const verbs = allCommands(tree).map(({ verb }) => verb);
  const verbHelp = (verb: string): string | undefined => {
    let command: Command | undefined = createProgram(async () => {});
    for (const word of verb === "" ? [] : verb.split(" ")) {
      command = command?.commands.find((each) => each.name() === word);
    }
    return command === undefined ? undefined : helpOf(command);
  };
  return { tree, verbs, verbHelp };
};
