// What `kimg help` finds for words that are no command, topic or code by themselves. Pure.
import { sections } from "./plain-text.ts";

export interface Entry {
  readonly kind: "command" | "topic" | "section" | "field" | "code";
  /** What it is called where it stands: a heading, a field's path. */
  readonly name: string;
  /** What `kimg help` takes to show just this. */
  readonly ask: string;
  /** One line. */
  readonly summary: string;
  /** What words are looked for in, beside the name. */
  readonly keywords?: string;
  /** Of a section or field: what there is to show, as Markdown. */
  readonly markdown?: string;
}

/** A page by the topic that it is. */
export interface Page {
  readonly topic: string;
  readonly markdown: string;
}

/** Without what a shell would take for its own. */
const askFor = (topic: string, name: string): string => `${topic} ${name.replaceAll(/\[\]|\.<[^>]*>|[?'"]/g, "")}`;

/** The sections of a page, without its title. */
export const sectionEntries = ({ topic, markdown }: Page): readonly Entry[] =>
  sections(markdown)
    .filter(({ level }) => level > 1)
    .map(({ heading, markdown: text }) => {
      const name = heading.replaceAll("`", "");
      return { kind: "section", name, ask: askFor(topic, name), summary: `a section of ${topic}`, markdown: text };
    });

const fieldRow = /^\| `([^`]+)` \| (.*) \| (.*) \| (.*) \|$/gm;

/** The fields of cluster.yaml, from the tables of docs/config.md; those that have a section of their own there are left to that. */
export const fieldEntries = ({ topic, markdown }: Page): readonly Entry[] => {
  const found = sections(markdown);
  const own = new Set(found.map(({ heading }) => fold(heading)));
  return found.flatMap(({ heading, level, markdown: text }) =>
    [...text.matchAll(fieldRow)].flatMap(([row, key = "", , , summary = ""]) => {
      const name = level === 1 ? key : `${heading}.${key}`;
      if (own.has(fold(name))) return [];
      const table = `| | type | default | |\n|---|---|---|---|\n${row.replace(`\`${key}\``, `\`${name}\``)}`;
      return [{ kind: "field", name, ask: askFor(topic, name), summary, markdown: table } as const];
    }),
  );
};

/** As people type it: `nodes.address` for `nodes[].address`. */
const fold = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/\[\]|<[^>]*>|[?'"]/g, "")
    .replaceAll(/\.+/g, ".");

const hasAll = (text: string, words: readonly string[]): boolean => words.every((word) => fold(text).includes(word));

export interface Found {
  /** The one that was meant. */
  readonly shown: Entry | undefined;
  /** What else has these words, or all that has. */
  readonly others: readonly Entry[];
}

/** By what one entry is asked for, else by its name, else by words in names, else by words in sections. */
export const find = (asked: string, entries: readonly Entry[]): Found => {
  const wanted = fold(asked);
  const words = wanted.split(/\s+/);
  const named = entries.filter(({ name, keywords = "" }) => hasAll(`${name} ${keywords}`, words));
  const exact = [entries.filter(({ ask }) => fold(ask) === wanted), named.filter(({ name }) => fold(name) === wanted)];
  const mentioned = named.length > 0 ? named : entries.filter(({ markdown = "" }) => hasAll(markdown, words));
  const [only] = exact.find(({ length }) => length === 1) ?? (mentioned.length === 1 ? mentioned : []);
  return { shown: only, others: mentioned.filter((entry) => entry !== only) };
};
