// The completion script for bash 4 and newer. https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html
import type { CommandDescription } from "../command-tree.ts";
import { allCommands } from "../command-tree.ts";
import { type Candidates, argumentsOf, nameKinds, optionsOf, origin, valuesOf, wordOf } from "./candidates.ts";

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const kindText = (candidates: Candidates): string =>
  quoted(candidates.kind === "words" ? `words ${candidates.words.join(" ")}` : candidates.kind);

const branch = (pattern: string, action: string): string => `    ${pattern}) ${action} ;;`;

const patterns = (words: readonly string[]): string => words.map(quoted).join("|");

/** Options with a value, each with its command before it, so that one option may mean different things. */
const valuedOptions = (root: CommandDescription) =>
  allCommands(root).flatMap((command) =>
    optionsOf(command, root).flatMap((option) => {
      const candidates = valuesOf(option);
      return candidates === undefined ? [] : [{ key: `${command.verb} ${option.long}`, candidates }];
    }),
  );

const verbBranches = (root: CommandDescription): readonly string[] =>
  allCommands(root).map((command) => {
    const flags = optionsOf(command, root).map(({ long }) => long);
    const places = command.args.map((argument, index) => {
      const here = argument.variadic ? "*" : String(index);
      return `${here}) kind=${kindText(argumentsOf(argument))} ;; `;
    });
    const verbs = command.commands.map(wordOf).join(" ");
    const positional =
      command.commands.length > 0 ? `kind=${quoted(`words ${verbs}`)}` : `case $count in ${places.join("")}*) ;; esac`;
    return branch(quoted(command.verb), `flags=${quoted(flags.join(" "))}; ${positional}`);
  });

const body = (root: CommandDescription): string => `_kimg() {
  local current=\${COMP_WORDS[COMP_CWORD]} verb= kind= flags= count=0 option= i word key
  # Bash parts words at "=", as in --from=modules.
  [[ $current == = ]] && current=
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    [[ $word == = ]] && continue
    if [[ -n $option ]]; then option=; continue; fi
    if [[ $word == -* ]]; then
      case "$verb $word" in
${branch(patterns(valuedOptions(root).map(({ key }) => key)), "option=$word")}
      esac
      continue
    fi
    key="$verb\${verb:+ }$word"
    case "$key" in
${branch(patterns(root.commands.flatMap(allCommands).map(({ verb }) => verb)), "verb=$key")}
      *) count=$((count + 1)) ;;
    esac
  done
  case "$verb" in
${verbBranches(root).join("\n")}
  esac
  if [[ -n $option ]]; then
    case "$verb $option" in
${valuedOptions(root)
  .map(({ key, candidates }) => branch(quoted(key), `kind=${kindText(candidates)}`))
  .join("\n")}
    esac
  elif [[ $current == -* ]]; then
    kind="words $flags"
  fi
  _kimg_reply "$kind"
}`;

const reply = `# Fills COMPREPLY with what begins with $current.
_kimg_reply() {
  case "$1" in
    files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    folders) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    ${nameKinds.join("|")}) mapfile -t COMPREPLY < <(compgen -W "$(kimg names "$1" -- "\${COMP_WORDS[@]:1}" 2>/dev/null)" -- "$current") ;;
    words*) mapfile -t COMPREPLY < <(compgen -W "\${1#words}" -- "$current") ;;
    *) COMPREPLY=() ;;
  esac
}`;

/** Source it, or put it into a folder of bash-completion as `kimg`. */
export const bashCompletion = (root: CommandDescription): string =>
  `# ${origin}\n${reply}\n${body(root)}\ncomplete -F _kimg kimg\n`;
