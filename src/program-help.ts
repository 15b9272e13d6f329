// The verbs about kimg itself.
import { Argument, type Command } from "commander";
import { nameKinds } from "./help/completion/candidates.ts";
import { completions } from "./help/completion/index.ts";
import { environmentFacts, exitCodeFacts } from "./help/facts.ts";

const completionExamples = `
Examples:
  kimg completion bash > ~/.local/share/bash-completion/completions/kimg
  kimg completion zsh > "\${fpath[1]}/_kimg"
  kimg completion fish > ~/.config/fish/completions/kimg.fish`;

export const addHelpCommands = (program: Command): void => {
  program
    .command("help")
    .summary("explain a command, a topic or a diagnostic's code")
    .description(
      "Prints the help of a command, a page of the book, or what a diagnostic's code means and how it is mended. Any other words are looked for in commands, options, topics, headings, fields of cluster.yaml and codes.",
    )
    .argument(
      "[topic...]",
      "such as render, mirror create, secrets, cluster.yaml, node/unknown-role, vmware, nodes.address",
    );
  program
    .command("completion")
    .summary("print a completion script for your shell")
    .description("Prints a script that completes kimg's commands, options, files, and the names of nodes and roles.")
    .addArgument(new Argument("<shell>", "whose completion").choices(Object.keys(completions)))
    .addHelpText("after", completionExamples);
  program
    .command("names", { hidden: true })
    .description("What completion scripts ask.")
    .addArgument(new Argument("<kind>", "what to name").choices(nameKinds))
    .argument("[words...]", "the command line so far");
};

/** Below the help of kimg itself. */
export const factsHelp = `
Exit codes: ${exitCodeFacts.map(([code, short]) => `${code} ${short}`).join(", ")}.
Environment: ${Object.keys(environmentFacts).join(", ")}.
More: kimg help TOPIC or CODE; kimg help lists topics.`;
