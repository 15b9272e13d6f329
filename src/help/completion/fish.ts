// The completion script for fish. https://fishshell.com/docs/current/completions.html
import type { ArgumentDescription, CommandDescription, OptionDescription } from "../command-tree.ts";
import { allCommands } from "../command-tree.ts";
import { type Candidates, argumentsOf, optionsOf, origin, valuesOf, wordOf } from "./candidates.ts";

/** Within single quotes only these two mean something. */
const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;

const patterns = (words: readonly string[]): string => words.map(quoted).join(" ");

/** `-x`: no files; `-r -F`: files; both want a value. */
const flags: Readonly<Record<string, string>> = {
  files: "-r -F",
  folders: "-x -a '(__fish_complete_directories)'",
  nothing: "-x",
};

const valueFlags = (candidates: Candidates): string =>
  candidates.kind === "words"
    ? `-x -a ${quoted(candidates.words.join(" "))}`
    : (flags[candidates.kind] ?? `-x -a '(__kimg_names ${candidates.kind})'`);

const at = ({ verb }: CommandDescription): string => `-n ${quoted(`__kimg_at ${JSON.stringify(verb)}`)}`;

const optionLine = (command: CommandDescription, { long, short, description, ...rest }: OptionDescription): string => {
  const values = valuesOf({ long, short, description, ...rest });
  return [
    ...[
      "complete -c kimg",
      at(command),
      `-l ${long.slice(2)}`,
      ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    ],
    ...[...(values === undefined ? [] : [valueFlags(values)]), `-d ${quoted(description)}`],
  ].join(" ");
};

const argumentLine = (command: CommandDescription, argument: ArgumentDescription, index: number): string => {
  const count = argument.variadic ? "" : ` ${index}`;
  const candidates = argumentsOf(argument);
  const offered = candidates.kind === "files" ? "-F" : valueFlags(candidates).replace(/^-x /, "");
  return `complete -c kimg -n ${quoted(`__kimg_at ${JSON.stringify(command.verb)}${count}`)} ${offered}`;
};

const linesOf = (command: CommandDescription, root: CommandDescription): readonly string[] => [
  ...command.commands.map(
    (each) => `complete -c kimg ${at(command)} -a ${quoted(wordOf(each))} -d ${quoted(each.summary)}`,
  ),
  ...optionsOf(command, root).map((option) => optionLine(command, option)),
  ...command.args.map((argument, index) => argumentLine(command, argument, index)),
];

const valued = (root: CommandDescription): readonly string[] =>
  allCommands(root).flatMap((command) =>
    optionsOf(command, root)
      .filter(({ value }) => value !== undefined)
      .map(({ long }) => `${command.verb} ${long}`),
  );

const walk = (
  root: CommandDescription,
): string => `# The command before the cursor, and after it how many arguments it has been given.
function __kimg_place
  set -l verb ''
  set -l count 0
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
    else if string match -q -- '-*' $word
      switch "$verb $word"
        case ${patterns(valued(root))}
          set skip 1
      end
    else
      set -l key (string trim "$verb $word")
      switch $key
        case ${patterns(root.commands.flatMap(allCommands).map(({ verb }) => verb))}
          set verb $key
        case '*'
          set count (math $count + 1)
      end
    end
  end
  echo $verb
  echo $count
end
function __kimg_at
  set -l place (__kimg_place)
  test "$place[1]" = "$argv[1]"; and begin
    test (count $argv) = 1; or test "$place[2]" = "$argv[2]"
  end
end
function __kimg_names
  kimg names $argv[1] -- (commandline -opc)[2..-1] 2>/dev/null
end`;

/** Put it into `~/.config/fish/completions/kimg.fish`, or source it. */
export const fishCompletion = (root: CommandDescription): string =>
  [
    `# ${origin}`,
    walk(root),
    "complete -c kimg -f",
    ...allCommands(root).flatMap((each) => linesOf(each, root)),
    "",
  ].join("\n");
