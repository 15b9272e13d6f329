// docs/cli.md: the command line as a page for people. Pure; `npm run reference` writes it.
import type { ArgumentDescription, CommandDescription, OptionDescription } from "./command-tree.ts";
import { allCommands, flagsOf, usageOf } from "./command-tree.ts";
import { diagnosticFacts, environmentFacts, exitCodeFacts } from "./facts.ts";

const introduction = `# Command line

<!-- Written by \`npm run reference\` from src/program*.ts and src/help/facts.ts: edit those. -->

\`kimg help VERB\` prints the same, \`kimg help TOPIC\` a page of this book, \`kimg help CODE\` what a diagnostic means. The package brings
a man page, kimg(1), and \`kimg completion\` writes a completion script for bash, zsh or fish.
`;

const cell = (text: string): string => text.replaceAll("|", String.raw`\|`);

const details = (choices: readonly string[], defaultValue: string | undefined): string => {
  const parts = [
    ...(choices.length === 0 ? [] : [choices.map((choice) => `\`${choice}\``).join(", ")]),
    ...(defaultValue === undefined ? [] : [`default \`${defaultValue}\``]),
  ];
  return parts.length === 0 ? "" : ` (${parts.join("; ")})`;
};

const argumentRow = ({ name, required, description, choices, defaultValue }: ArgumentDescription): string =>
  `| \`${required ? `<${name}>` : `[${name}]`}\` | ${cell(description)}${details(choices, defaultValue)} |`;

const optionRow = (option: OptionDescription): string => {
  const required = option.mandatory && option.defaultValue === undefined ? "; required" : "";
  return `| \`${flagsOf(option)}\` | ${cell(option.description)}${details(option.choices, option.defaultValue)}${required} |`;
};

const table = (rows: readonly string[]): string =>
  rows.length === 0 ? "" : `\n| | |\n|---|---|\n${rows.join("\n")}\n`;

const section = (command: CommandDescription): string => {
  const rows = [...command.args.map(argumentRow), ...command.options.map(optionRow)];
  const after = command.after === "" ? "" : `\n\`\`\`text ${command.verb}\n${command.after}\n\`\`\`\n`;
  return `\n## kimg ${command.verb}\n\n\`${usageOf(command)}\`\n\n${command.description}\n${table(rows)}${after}`;
};

const exitCodeRows = exitCodeFacts.map(([code, , meaning]) => `| ${code} | ${meaning} |`);

const environmentRows = Object.entries(environmentFacts).map(([name, words]) => `| \`${name}\` | ${words} |`);

const diagnosticRows = Object.entries(diagnosticFacts).map(([name, words]) => `| \`${name}\` | ${words} |`);

const json = `
## JSON

With \`--json\` the result is one JSON document on standard output; what is said meanwhile is an event a line on standard error. Help, the version and
completion scripts stay as they are.

A command that is refused or fails prints one JSON document too, on standard output and always of one shape, with the exit code that it has anyway. So do
\`check\` and \`explain\` with \`--format json\`.

\`\`\`json
{
  "diagnostics": [
    { "severity": "error", "code": "failure/usage", "message": "which role?", "hint": "--role worker, or --cluster cluster.yaml for all that it needs" }
  ]
}
\`\`\`
${table(diagnosticRows)}`;

/** docs/cli.md, whole. */
export const cliReference = (root: CommandDescription): string => {
  const called = allCommands(root).filter(({ commands }) => commands.length === 0);
  const contents = called.map(
    ({ verb, summary }) => `| [\`kimg ${verb}\`](#kimg-${verb.replaceAll(" ", "-")}) | ${summary} |`,
  );
  return [
    introduction,
    table(contents),
    `\n## Every command\n${table([...root.options].map(optionRow))}`,
    ...called.map(section),
    json,
    `\n## Exit codes\n${table(exitCodeRows)}`,
    `\n## Environment\n${table(environmentRows)}`,
  ].join("");
};
