// `kimg help [WORD]`: a verb's help, a page of docs/, what a diagnostic's code means, or where a word stands in any of these.
import { join } from "node:path";
import { codes } from "../codes/index.ts";
import { shippedFolder } from "../content.ts";
import { UsageError } from "../diagnostic.ts";
import { didYouMean } from "../did-you-mean.ts";
import type { Io } from "../edge/io.ts";
import { codeEntries } from "../help/code-reference.ts";
import { allCommands, type CommandDescription } from "../help/command-tree.ts";
import { plainText, sectionOf } from "../help/plain-text.ts";
import { type Entry, fieldEntries, find, type Page, sectionEntries } from "../help/search.ts";
import { type Topic, topics } from "../help/topics.ts";
import { formatTable } from "./words.ts";

export interface HelpOptions {
  /** What is asked about; empty for a list of what can be asked. */
  readonly words: readonly string[];
  /** The command line as data. */
  readonly tree: CommandDescription;
  /** The help of a verb, or of kimg itself; undefined for what is none. */
  readonly verbHelp: (verb: string) => string | undefined;
  /** All verbs, for suggestions. */
  readonly verbs: readonly string[];
  readonly json: boolean;
}

const asJson = (value: unknown): string => JSON.stringify(value, undefined, 2);

const read = (io: Io, page: string): Promise<string> => io.files.readText(join(shippedFolder, "docs", page));

const page = async (io: Io, { page: name, section }: Topic): Promise<string> => {
  const markdown = await read(io, name);
  return section === undefined ? markdown : (sectionOf(markdown, section) ?? "");
};

const isCode = (word: string): word is keyof typeof codes => Object.hasOwn(codes, word);

const codeHelp = async (io: Io, code: keyof typeof codes, json: boolean): Promise<string> => {
  if (json) return asJson({ code, ...codes[code] });
  const section = sectionOf(await read(io, "codes.md"), `\`${code}\``) ?? "";
  return `${code}\n\n${plainText(section.replace(/^#.*\n/, ""))}`;
};

const topicHelp = async (io: Io, topic: Topic, json: boolean): Promise<string> => {
  if (topic.name === "codes") {
    if (json) return asJson(Object.fromEntries(codeEntries()));
    const rows = codeEntries().map(([code, { meaning }]) => [code, plainText(meaning, Number.POSITIVE_INFINITY)]);
    return `kimg help CODE says what can be done.\n\n${formatTable(rows)}`;
  }
  const markdown = await page(io, topic);
  return json ? asJson({ topic: topic.name, markdown }) : plainText(markdown);
};

const contents = ({ tree, verbHelp, json }: HelpOptions): string => {
  const listed = topics.map(({ name, summary }) => ({ name, summary }));
  if (json) return asJson({ ...tree, topics: listed });
  return [
    (verbHelp("") ?? "").trimEnd(),
    "",
    "Topics (kimg help TOPIC; kimg help CODE for a diagnostic; kimg help WORD looks for it in all of them):",
    formatTable(listed.map(({ name, summary }) => [`  ${name}`, summary])),
  ].join("\n");
};

/** A command, a topic or a code by its name; undefined for what is none. */
const named = async (io: Io, asked: string, { tree, verbHelp, json }: HelpOptions): Promise<string | undefined> => {
  const topic = topics.find(({ name }) => name === asked);
  if (topic !== undefined) return topicHelp(io, topic, json);
  if (isCode(asked)) return codeHelp(io, asked, json);
  if (!json) return verbHelp(asked)?.trimEnd();
  const command = allCommands(tree).find(({ verb }) => verb === asked);
  return command === undefined ? undefined : asJson(command);
};

const commandEntry = ({ verb, summary, options }: CommandDescription): Entry => ({
  ...{ kind: "command", name: verb, ask: verb, summary },
  keywords: [summary, ...options.map(({ long }) => long)].join(" "),
});

/** What the command line has is told by its own help, and what codes.md has by the codes. */
const isSearched = (topic: Topic): boolean => topic.section === undefined && topic.name !== "codes";

const entriesOf = async (io: Io, tree: CommandDescription): Promise<readonly Entry[]> => {
  const pages: readonly Page[] = await Promise.all(
    topics.filter(isSearched).map(async (topic) => ({ topic: topic.name, markdown: await page(io, topic) })),
  );
  return [
    ...allCommands(tree)
      .filter(({ commands }) => commands.length === 0)
      .map(commandEntry),
    ...topics.map(({ name, summary }): Entry => ({ kind: "topic", name, ask: name, summary, keywords: summary })),
    ...pages.flatMap(sectionEntries),
    ...pages.filter(({ topic }) => topic === "cluster.yaml").flatMap(fieldEntries),
    ...codeEntries().map(([code, { meaning }]): Entry => ({ kind: "code", name: code, ask: code, summary: meaning })),
  ];
};

const widest = 100;

const list = (entries: readonly Entry[]): string => {
  const rows = entries.map(({ ask, summary }) => [`  kimg help ${ask}`, plainText(summary, Number.POSITIVE_INFINITY)]);
  return formatTable(rows)
    .split("\n")
    .map((line) => (line.length > widest ? `${line.slice(0, widest - 1)}…` : line))
    .join("\n");
};

const show = async (io: Io, { kind, name, ask, markdown }: Entry, options: HelpOptions): Promise<string> => {
  if (markdown === undefined) return (await named(io, ask, options)) ?? "";
  return options.json ? asJson({ [kind]: name, ask, markdown }) : plainText(markdown);
};

const search = async (io: Io, asked: string, options: HelpOptions): Promise<string | undefined> => {
  const { shown, others } = find(asked, await entriesOf(io, options.tree));
  if (shown !== undefined) {
    const text = await show(io, shown, options);
    return options.json || others.length === 0 ? text : `${text}\n\nAlso:\n${list(others)}`;
  }
  if (others.length === 0) return undefined;
  if (options.json) return asJson({ asked, found: others.map(({ kind, ask, summary }) => ({ kind, ask, summary })) });
  return `${JSON.stringify(asked)} stands in:\n${list(others)}`;
};

/** What to print. Rejects with UsageError for a word that stands nowhere. */
export const help = async (io: Io, options: HelpOptions): Promise<string> => {
  const asked = options.words.join(" ");
  if (asked === "") return contents(options);
  const text = (await named(io, asked, options)) ?? (await search(io, asked, options));
  if (text !== undefined) return text;
  const known = [...options.verbs, ...topics.map(({ name }) => name), ...Object.keys(codes)];
  throw new UsageError(
    `there is no command, topic or code "${asked}"${didYouMean(asked, known)}`,
    "kimg help lists commands and topics, kimg help codes all codes",
  );
};
