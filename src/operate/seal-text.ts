// `clusterState: existing` in the text of a cluster.yaml: one value or one line changes, and nothing else of it, comments and layout included.
import { isDeepStrictEqual } from "node:util";
import { parseSource, type Source } from "../config/source.ts";
import { DiagnosticError } from "../diagnostic.ts";

const key = "clusterState";
const entry = `${key}: existing`;

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const splice = (text: string, at: number, until: number, put: string): string =>
  text.slice(0, at) + put + text.slice(until);

/** `{ version: 1, name: prod }`, across lines or not: the new key comes first. */
const intoFlowMap = (text: string, brace: number): string => splice(text, brace + 1, brace + 1, ` ${entry},`);

/** On a line of its own below the name's, as far in as that. */
const belowName = ({ text, locate, range }: Source): string => {
  const [, end] = range(["name"]) ?? [0, 0];
  const { column } = locate(["name"], "key");
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const lineEnd = text.indexOf("\n", end);
  const line = `${" ".repeat(column - 1)}${entry}${newline}`;
  if (lineEnd === -1) return `${text}${newline}${line}`;
  return splice(text, lineEnd + 1, lineEnd + 1, line);
};

const edited = (source: Source): string => {
  const { text, range } = source;
  const given = range([key]);
  if (given !== undefined) return splice(text, ...given, "existing");
  const [start = 0] = range([]) ?? [];
  return text[start] === "{" ? intoFlowMap(text, start) : belowName(source);
};

const cannot = (file: string): DiagnosticError =>
  new DiagnosticError([
    {
      severity: "error",
      code: "seal/cannot-edit",
      message: `${file} is written in a way that kimg cannot change without touching more of it`,
      hint: `write \`${entry}\` into it by hand, then run kimg seal again`,
    },
  ]);

/** The text with the cluster sealed; the very same when it is. Only for text that was read without a complaint. Throws DiagnosticError. */
export const sealText = (text: string, file: string): string => {
  const { source } = parseSource(text, file);
  if (source === undefined || !isMap(source.value)) throw cannot(file);
  if (source.value[key] === "existing") return text;
  const sealed = edited(source);
  const expected = { ...source.value, [key]: "existing" };
  if (isDeepStrictEqual(parseSource(sealed, file).source?.value, expected)) return sealed;
  throw cannot(file);
};
