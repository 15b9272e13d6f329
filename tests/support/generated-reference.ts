// What is derived from the command line and from the codes, and committed: path below the repository → text. Examples come from the files
// of tests/diagnostics/, so they are what is really printed.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { kimgVersion } from "../../src/content.ts";
import { cliReference } from "../../src/help/cli-reference.ts";
import { codeReference } from "../../src/help/code-reference.ts";
import { manPage } from "../../src/help/man-page.ts";
import { topics } from "../../src/help/topics.ts";
import { describeProgram } from "../../src/program.ts";

/** Of the version in package.json: change it with that. */
const versionDate = "2026-11-25";

const fixtures = join(import.meta.dirname, "../diagnostics");

const texts = (): readonly string[] =>
  readdirSync(fixtures, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".txt"))
    .toSorted()
    .map((name) => readFileSync(join(fixtures, name), "utf8"));

/** A complaint about a line of cluster.yaml tells most, one about another file more than one without a place; and a short one is read. */
const rank = (text: string): number => (text.includes("\n  --> cluster.yaml:") ? 2 : text.includes("\n  --> ") ? 1 : 0);

const isBetter = (text: string, than: string): boolean =>
  rank(text) === rank(than) ? text.length < than.length : rank(text) > rank(than);

/** What is printed for a code, by code; one for each that the fixtures have. */
export const codeExamples = (): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const text of texts().flatMap((each) => each.trimEnd().split("\n\n"))) {
    const code = /^(?:error|warning)\[([^\]]+)\]/.exec(text)?.[1];
    const before = code === undefined ? undefined : found.get(code);
    if (code !== undefined && (before === undefined || isBetter(text, before))) found.set(code, text);
  }
  return found;
};

export const generatedReference = (): ReadonlyMap<string, string> => {
  const root = describeProgram().tree;
  return new Map([
    ["docs/cli.md", cliReference(root)],
    ["docs/codes.md", codeReference(codeExamples())],
    ["man/kimg.1", manPage({ root, topics, version: kimgVersion, date: versionDate })],
  ]);
};
