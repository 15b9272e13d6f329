// kimg(1): the command line as roff with the macros of man(7). Pure; `npm run reference` writes it.
// https://man.openbsd.org/man.7, https://www.gnu.org/software/groff/manual/
import type { CommandDescription, OptionDescription } from "./command-tree.ts";
import { allCommands, flagsOf, usageOf } from "./command-tree.ts";
import { environmentFacts, exitCodeFacts } from "./facts.ts";
import type { Topic } from "./topics.ts";

/** Roff reads a line that begins with `.` or `'` as a request; `-` is a hyphen, `\\-` the sign that is typed. */
const escaped = (text: string): string =>
  text
    .replaceAll("\\", String.raw`\e`)
    .replaceAll("-", String.raw`\-`)
    .replaceAll(
      /[^\n\u0020-\u007e]/g,
      (character) => `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`,
    )
    .replaceAll(/^[.']/gm, String.raw`\&$&`);

/** Text with what stands in backquotes in bold. */
const prose = (text: string): string =>
  text
    .split(/`([^`]+)`/)
    .map((part, index) => (index % 2 === 1 ? `\\fB${escaped(part)}\\fR` : escaped(part)))
    .join("");

const longestLine = 78;

/** Each sentence begins a line, as roff wants it; no line is longer than those who read the source like. */
const sentences = (text: string): string => {
  const lines: string[] = [];
  for (const sentence of prose(text).split(/(?<=[.?!]) (?=[A-Z])|\n/)) {
    let line = "";
    for (const word of sentence.split(" ")) {
      if (line !== "" && line.length + word.length > longestLine) {
        lines.push(line);
        line = word;
      } else line = line === "" ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines.join("\n").replaceAll(/^[.']/gm, String.raw`\&$&`);
};

const tagged = (tag: string, text: string): string => `.TP\n${tag}\n${sentences(text)}`;

const bold = (text: string): string => `\\fB${escaped(text)}\\fR`;

const withDetails = (description: string, choices: readonly string[], defaultValue: string | undefined): string =>
  [
    `${description.replace(/\.$/, "")}.`,
    ...(choices.length === 0 ? [] : [`One of ${choices.map((choice) => `\`${choice}\``).join(", ")}.`]),
    ...(defaultValue === undefined ? [] : [`Default: \`${defaultValue}\`.`]),
  ].join(" ");

const optionEntry = (option: OptionDescription): string =>
  tagged(bold(flagsOf(option)), withDetails(option.description, option.choices, option.defaultValue));

const commandSection = (command: CommandDescription): string =>
  [
    `.SS ${escaped(usageOf(command))}`,
    sentences(command.description),
    ...command.args.map((argument) =>
      tagged(bold(argument.name), withDetails(argument.description, argument.choices, argument.defaultValue)),
    ),
    ...command.options.map(optionEntry),
    ...(command.after === "" ? [] : [`.PP\n.nf\n${escaped(command.after)}\n.fi`]),
  ].join("\n");

const files = {
  "cluster.yaml": "The cluster's description; `kimg help cluster.yaml` has every field.",
  "cluster.secrets.yaml": "The cluster's trust, mode 0600, beside it; `kimg help secrets`.",
  "build/": "What is made: seeds in `build/CLUSTER/NODE/`, images in `build/images/`.",
};

export interface ManPage {
  readonly root: CommandDescription;
  readonly topics: readonly Topic[];
  readonly version: string;
  /** Of the version, as `2026-11-01`. */
  readonly date: string;
}

/** man/kimg.1, whole. */
export const manPage = ({ root, topics, version, date }: ManPage): string =>
  [
    `.\\" Written by \`npm run reference\` from the command line: do not edit.`,
    `.TH KIMG 1 ${date} "kimg ${version}" "User Commands"`,
    `.SH NAME\nkimg \\- ${escaped("Kubernetes node images and seeds that assemble a cluster")}`,
    `.SH SYNOPSIS\n.B kimg\n[${escaped("--quiet")}] [${escaped("--json")}]\n.I command\n[${escaped("options")}]`,
    `.SH DESCRIPTION\n${sentences(root.description)}`,
    `.SH OPTIONS\nEvery command takes these.`,
    ...root.options.map(optionEntry),
    ".SH COMMANDS",
    ...allCommands(root)
      .filter(({ commands }) => commands.length === 0)
      .map(commandSection),
    ".SH EXIT STATUS",
    ...exitCodeFacts.map(([code, , meaning]) => tagged(bold(String(code)), meaning)),
    ".SH ENVIRONMENT",
    ...Object.entries(environmentFacts).map(([name, words]) => tagged(bold(name), words)),
    ".SH FILES",
    ...Object.entries(files).map(([name, words]) => tagged(`\\fI${escaped(name)}\\fR`, words)),
    `.SH SEE ALSO\n${sentences("`kimg help TOPIC` prints a page of the book:")}`,
    ...topics.map(({ name, summary }) => tagged(bold(name), summary)),
    "",
  ].join("\n");
