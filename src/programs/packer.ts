// The words of `packer validate` about a template of ours, and which of the user's own fields of its source they are about (1.6 to 1.15).
// Pure.
import type { Path } from "../diagnostic.ts";
import type { Json, JsonValue } from "../model.ts";
import { type Said, shortened } from "./said.ts";

export interface SaidOfTemplate {
  /** Undefined where no line is named. */
  readonly place: { readonly file: string; readonly line: number } | undefined;
  readonly message: string;
}

/** HCL's own form: https://github.com/hashicorp/hcl/blob/main/diagnostic_text.go. The lines of the file follow, or that there are none. */
const placeText = /^ {2}on (\S+) line (\d+)\b[^\n]*:\n(?: {2}[^\n]*(?:\n|$))*/m;
/** What a builder says of its fields comes as a list, and all of it at the source's first line. */
const list = /^\d+ errors?(?:\(s\))? [^\n]*:\n/;

const oneLine = (text: string): string => text.trim().replaceAll(/\s+/g, " ");

const messagesOf = (before: string, after: string): readonly string[] => {
  if (list.test(before))
    return before
      .split(/^\s*\* /m)
      .slice(1)
      .map(oneLine);
  return [oneLine(after) || oneLine(before)];
};

const errorSaid = (text: string): readonly SaidOfTemplate[] => {
  const found = placeText.exec(text);
  const [before, after] =
    found === null ? [text, ""] : [text.slice(0, found.index), text.slice(found.index + found[0].length)];
  const place = found === null ? undefined : { file: found[1] ?? "", line: Number(found[2]) };
  return messagesOf(before, after).map((message) => ({ place, message: shortened(message) }));
};

/** Of what it said as it refused: its errors in their order; what it only warns of is left out. */
export const packerSaid = (output: string): readonly SaidOfTemplate[] => {
  const errors = output
    .split(/^(?=Error: |Warning: )/m)
    .filter((block) => block.startsWith("Error: "))
    .flatMap((block) => errorSaid(block.slice("Error: ".length)));
  return errors.length > 0 ? errors : [{ place: undefined, message: shortened(oneLine(output)) }];
};

/** As the file of a source begins its attributes' lines. */
const attributeOf: Readonly<Record<string, RegExp>> = {
  "source.pkr.hcl": /^ {2}([\w-]+) +=|^ {2}([\w-]+) \{/,
  "source.pkr.json": /^ {8}"([^"]+)":/,
};

/** The attribute of the source that a line of its file is part of; undefined for the source's own first line, and for other files. */
const attributeAt = (text: string, file: string, line: number): string | undefined => {
  const pattern = attributeOf[file];
  const found = text
    .split("\n")
    .slice(0, line)
    .map((each) => pattern?.exec(each))
    .findLast((each) => each !== null && each !== undefined);
  return found?.[1] ?? found?.[2];
};

const pathOfKey = (value: JsonValue | undefined, name: string): Path | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, item] of Object.entries(value) as readonly [string, JsonValue][]) {
    const step = Array.isArray(value) ? Number(key) : key;
    const deeper = step === name ? [] : pathOfKey(item, name);
    if (deeper !== undefined) return [step, ...deeper];
  }
  return undefined;
};

const escapeWord = (word: string): string => word.replaceAll(/[^\w]/g, String.raw`\$&`);

const namedField = (fields: Json, message: string): string | undefined =>
  Object.keys(fields)
    .toSorted((left, right) => right.length - left.length)
    .find((name) => new RegExp(String.raw`(?<![\w.])${escapeWord(name)}(?!\w)`, "i").test(message));

/**
 * Where in the user's fields it is: an empty path for what is about the source as a whole; undefined for what is about a field of ours.
 * `texts`: of the directory's files, by name.
 */
export const fieldSaid = (
  fields: Json,
  texts: ReadonlyMap<string, string>,
  { place, message }: SaidOfTemplate,
): Said | undefined => {
  const text = place === undefined ? undefined : texts.get(place.file);
  const attribute = place === undefined || text === undefined ? undefined : attributeAt(text, place.file, place.line);
  if (attribute === undefined) {
    const name = namedField(fields, message);
    return name === undefined ? { path: [], message, at: "key" } : { path: [name], message };
  }
  if (!Object.hasOwn(fields, attribute)) return undefined;
  const named = /\bnamed "([^"]+)"/.exec(message)?.[1] ?? "";
  const unknown = pathOfKey({ [attribute]: fields[attribute] ?? null }, named);
  return unknown === undefined ? { path: [attribute], message } : { path: unknown, message, at: "key" };
};
