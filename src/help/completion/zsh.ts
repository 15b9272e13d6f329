// The completion script for zsh. https://zsh.sourceforge.io/Doc/Release/Completion-System.html (_arguments, _describe)
import type { CommandDescription, OptionDescription } from "../command-tree.ts";
import { type Candidates, argumentsOf, optionsOf, origin, valuesOf, wordOf } from "./candidates.ts";

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** In a specification of _arguments `:` parts the fields and `]` ends the explanation. */
const escaped = (text: string): string => text.replaceAll(/[\\:[\]]/g, String.raw`\$&`);

const actions: Readonly<Record<string, string>> = { files: "_files", folders: "_files -/", nothing: "" };

const actionOf = (candidates: Candidates): string =>
  candidates.kind === "words"
    ? `(${candidates.words.map((word) => word.replaceAll(":", String.raw`\:`)).join(" ")})`
    : (actions[candidates.kind] ?? `_kimg_names ${candidates.kind}`);

const optionSpecification = (option: OptionDescription): readonly string[] => {
  const values = valuesOf(option);
  const explained = `[${escaped(option.description)}]`;
  const names = option.short === undefined ? [option.long] : [option.short, option.long];
  const value = values === undefined ? "" : `:${escaped(option.value ?? "")}:${actionOf(values)}`;
  // Any option may be given again: commander takes the last, or collects.
  return names.map((name) => quoted(`*${name}${value === "" ? "" : "="}${explained}${value}`));
};

const functionName = ({ verb }: CommandDescription): string =>
  `_kimg${verb === "" ? "" : `_${verb.replaceAll(/\W/g, "_")}`}`;

const call = (specifications: readonly string[], context = ""): string =>
  `  _arguments ${context}\\\n${specifications.map((each) => `    ${each}`).join(" \\\n")}`;

const leafFunction = (command: CommandDescription, root: CommandDescription): string => {
  const places = command.args.map((argument, index) => {
    const where = argument.variadic ? "*" : String(index + 1);
    const optional = argument.required || argument.variadic ? "" : ":";
    return quoted(`${where}:${optional}${escaped(argument.name)}:${actionOf(argumentsOf(argument))}`);
  });
  return `${functionName(command)}() {\n${call([...optionsOf(command, root).flatMap(optionSpecification), ...places])}\n}`;
};

const groupFunction = (command: CommandDescription, root: CommandDescription): string => {
  const described = command.commands.map((each) => quoted(`${escaped(wordOf(each))}:${escaped(each.summary)}`));
  const branches = command.commands.map((each) => `        ${wordOf(each)}) ${functionName(each)} ;;`);
  const specifications = [...optionsOf(command, root).flatMap(optionSpecification), "'1: :->verb'", "'*:: :->rest'"];
  return `${functionName(command)}() {
  local curcontext=$curcontext state line
  typeset -A opt_args
${call(specifications, "-C ")}
  case $state in
    verb)
      local -a verbs=(
${described.map((each) => `        ${each}`).join("\n")}
      )
      _describe -t commands command verbs
      ;;
    rest)
      case $words[1] in
${branches.join("\n")}
      esac
      ;;
  esac
}`;
};

const functions = (command: CommandDescription, root: CommandDescription): readonly string[] =>
  command.commands.length === 0
    ? [leafFunction(command, root)]
    : [...command.commands.flatMap((each) => functions(each, root)), groupFunction(command, root)];

/** _arguments puts options for compadd before an action's own words. */
const names = `_kimg_names() {
  local -a found=(\${(f)"$(kimg names $argv[-1] -- $words 2>/dev/null)"})
  compadd "\${(@)argv[1,-2]}" -a found
}`;

/** Put it into a folder of `fpath` as `_kimg`, or source it after `compinit`. */
export const zshCompletion = (root: CommandDescription): string => `#compdef kimg
# ${origin}
${names}
${functions(root, root).join("\n")}
if [[ $funcstack[1] == _kimg ]]; then _kimg "$@"; else compdef _kimg kimg; fi
`;
