// `kimg help [WORD]`: a verb's help, a page of docs/, or what a diagnostic's code means.
import { join } from "node:path";
import { codes } from "../codes/index.ts";
import { shippedFolder } from "../content.ts";
import { UsageError } from "../diagnostic.ts";
import { didYouMean } from "../did-you-mean.ts";
import type { Io } from "../edge/io.ts";
import { codeEntries } from "../help/code-reference.ts";
import { plainText, sectionOf } from "../help/plain-text.ts";
import { type Topic, topics } from "../help/topics.ts";
import { formatTable } from "./words.ts";

export interface HelpOptions {
  /** What is asked about; empty for a list of what can be asked. */
  readonly words: readonly string[];
  /** The help of a verb, or of kimg itself; undefined for what is none. */
  readonly verbHelp: (verb: string) => string | undefined;
  /** All verbs, for suggestions. */
  readonly verbs: readonly string[];
  readonly json: boolean;
}

const page = async (io: Io, { page: name, section }: Topic): Promise<string> => {
  const markdown = await io.files.readText(join(shippedFolder, "docs", name));
  return section === undefined ? markdown : (sectionOf(markdown, section) ?? "");
};

const isCode = (word: string): word is keyof typeof codes => Object.hasOwn(codes, word);

const codeHelp = async (io: Io, code: keyof typeof codes, json: boolean): Promise<string> => {
  if (json) return JSON.stringify({ code, ...codes[code] }, undefined, 2);
  const markdown = await io.files.readText(join(shippedFolder, "docs/codes.md"));
  const section = sectionOf(markdown, `\`${code}\``) ?? "";
  return `${code}\n\n${plainText(section.replace(/^#.*\n/, ""))}`;
};

const topicHelp = async (io: Io, topic: Topic, json: boolean): Promise<string> => {
  if (topic.name === "codes") {
    if (json) return JSON.stringify(Object.fromEntries(codeEntries()), undefined, 2);
    const rows = codeEntries().map(([code, { meaning }]) => [code, plainText(meaning, Number.POSITIVE_INFINITY)]);
    return `kimg help CODE says what can be done.\n\n${formatTable(rows)}`;
  }
  const markdown = await page(io, topic);
  return json ? JSON.stringify({ topic: topic.name, markdown }, undefined, 2) : plainText(markdown);
};

const contents = (general: string): string =>
  [
    general.trimEnd(),
    "",
    "Topics (kimg help TOPIC; kimg help CODE for a diagnostic):",
    formatTable(topics.map(({ name, summary }) => [`  ${name}`, summary])),
  ].join("\n");

/** What to print. Rejects with UsageError for a word that means nothing. */
export const help = async (io: Io, { words, verbHelp, verbs, json }: HelpOptions): Promise<string> => {
  const asked = words.join(" ");
  if (asked === "") return contents(verbHelp("") ?? "");
  const topic = topics.find(({ name }) => name === asked);
  if (topic !== undefined) return topicHelp(io, topic, json);
  if (isCode(asked)) return codeHelp(io, asked, json);
  const text = verbHelp(asked);
  if (text !== undefined) return text.trimEnd();
  const known = [...verbs, ...topics.map(({ name }) => name), ...Object.keys(codes)];
  throw new UsageError(
    `there is no command, topic or code "${asked}"${didYouMean(asked, known)}`,
    "kimg help lists commands and topics, kimg help codes all codes",
  );
};
