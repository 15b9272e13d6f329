// A script for each shell, made from the command line alone: no Node.js is started for a key, but for names that only files know.
import type { CommandDescription } from "../command-tree.ts";
import { bashCompletion } from "./bash.ts";
import { fishCompletion } from "./fish.ts";
import { zshCompletion } from "./zsh.ts";

export type { NameKind } from "./candidates.ts";

export const completions = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
} as const satisfies Readonly<Record<string, (root: CommandDescription) => string>>;

export type Shell = keyof typeof completions;
