// zod's issues → diagnostics in kimg's words. Knows no document: cluster.yaml, role.yaml and image.yaml all pass through here.
import type { z } from "zod";
import type { CodeOf } from "../codes/index.ts";
import type { Diagnostic, Path } from "../diagnostic.ts";
import { formatPath } from "../diagnostic.ts";
import { didYouMean, nearest } from "../did-you-mean.ts";
import type { JsonSchema } from "./json-schema.ts";
import { keysAt, schemaAt, sectionsWith } from "./json-schema.ts";
import type { Source } from "./source.ts";

type Issue = z.core.$ZodIssue;

interface Context {
  readonly source: Source;
  readonly schema: JsonSchema;
}

const typeNames: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
};

const valueAt = (value: unknown, path: Path): unknown => {
  let found: unknown = value;
  for (const part of path) {
    found = typeof found === "object" && found !== null ? (found as Record<string | number, unknown>)[part] : undefined;
  }
  return found;
};

/** The value as a person would name it. */
const named = (value: unknown): string => {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  if (typeof value === "string") return `the text ${shortened(value)}`;
  return typeof value === "number" ? `the number ${value}` : JSON.stringify(value);
};

const shortened = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

const error = (code: CodeOf<"shape">, message: string, path: Path, hint?: string): Diagnostic => ({
  severity: "error",
  code: `shape/${code}`,
  message,
  path,
  ...(hint === undefined ? {} : { hint }),
});

/** `host`, `"example.org/rack"`, or `nodes[1]` for an item of a list. */
const lastKey = (path: Path): string => {
  if (path.length === 0) return "the document";
  if (typeof path.at(-1) === "number") return formatPath(path.slice(-2));
  return formatPath(path.slice(-1)).replace(/^\[(.*)\]$/, "$1");
};

const description = (context: Context, path: Path): string | undefined => {
  const text = schemaAt(context.schema, path)?.description;
  return text === undefined ? undefined : `${lastKey(path)}: ${text}`;
};

const wrongType = (context: Context, expected: string, path: Path): Diagnostic => {
  const value = valueAt(context.source.value, path);
  if (value === undefined) return error("missing-key", `${lastKey(path)} is missing`, path, description(context, path));
  if (value === null) return error("type", `${lastKey(path)} has no value`, path, description(context, path));
  const wanted = typeNames[expected] ?? expected;
  const message = `${lastKey(path)} must be ${wanted}, not ${named(value)}`;
  const written = context.source.written(path);
  const scalar = typeof value === "number" || typeof value === "boolean";
  const { pattern = "" } = schemaAt(context.schema, path) ?? {};
  const isText = expected === "string" && scalar && written !== undefined && new RegExp(pattern).test(written);
  const hint = isText ? `put it in quotes: "${written}"` : undefined;
  return error("type", message, path, hint ?? description(context, path));
};

/** `expected`: what it can be, in words, where that is more than the values. */
const wrongValue = (context: Context, values: readonly unknown[], path: Path, expected?: string): Diagnostic => {
  const value = valueAt(context.source.value, path);
  if (value === undefined) return error("missing-key", `${lastKey(path)} is missing`, path, description(context, path));
  const guess = typeof value === "string" ? didYouMean(value, values.map(String)) : "";
  const known = `${lastKey(path)} can be ${expected ?? values.map(String).join(", ")}`;
  return error("value", `${lastKey(path)} cannot be ${named(value)}${guess}`, path, known);
};

/** Of one map: a person has misspelt a few, and the rest is not what was meant to be read. */
const mostKeys = 200;

const unknownKeys = (context: Context, keys: readonly string[], path: Path): readonly Diagnostic[] => {
  const known = keysAt(context.schema, path);
  return keys.slice(0, mostKeys).map((key) => {
    const guess = didYouMean(key, known);
    const section = guess === "" && path.length === 0 ? sectionsWith(context.schema, key)[0] : undefined;
    const hint = section === undefined ? `known keys: ${known.join(", ")}` : `it belongs below ${section}:`;
    return { ...error("unknown-key", `unknown key ${shortened(key)}${guess}`, [...path, key], hint), at: "key" };
  });
};

const outOfRange = (context: Context, issue: Issue, path: Path): Diagnostic => {
  const value = valueAt(context.source.value, path);
  const limit = issue.code === "too_big" ? `at most ${issue.maximum}` : "";
  const least = issue.code === "too_small" ? `at least ${issue.minimum}` : "";
  const bound = `${limit}${least}`;
  if (Array.isArray(value)) return error("range", `${lastKey(path)} takes ${bound}, not ${value.length}`, path);
  if (value === "") return error("range", `${lastKey(path)} is empty`, path, description(context, path));
  if (typeof value === "string") {
    return error("range", `${lastKey(path)} takes ${bound} characters, not ${value.length}`, path);
  }
  return error("range", `${lastKey(path)} must be ${bound}, not ${String(value)}`, path, description(context, path));
};

/** What the user may have meant: lower case, and dashes where the pattern has them. */
const repaired = (value: string, pattern: string | undefined): string | undefined => {
  const expression = /^\/(.*)\/[a-z]*$/.exec(pattern ?? "")?.[1];
  const attempt = value
    .toLowerCase()
    .replaceAll(/[\s_]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return expression !== undefined && attempt !== value && new RegExp(expression).test(attempt) ? attempt : undefined;
};

const badPattern = (context: Context, path: Path, words: string, pattern: string | undefined): Diagnostic => {
  const value = String(valueAt(context.source.value, path));
  const attempt = repaired(value, pattern);
  const guess = attempt === undefined ? "" : `; did you mean ${JSON.stringify(attempt)}?`;
  return error("pattern", `${lastKey(path)} cannot be ${shortened(value)}${guess}`, path, `expected ${words}`);
};

/** A union is told by the branch that has the value's own type; when none has, by the union's own words. */
const wrongUnion = (context: Context, issue: z.core.$ZodIssueInvalidUnion, path: Path): readonly Diagnostic[] => {
  const isMapOrList = typeof valueAt(context.source.value, path) === "object";
  const branch = issue.errors.find((issues) =>
    issues.every(
      (each) =>
        each.path.length > 0 || (each.code !== "invalid_type" && !(each.code === "invalid_value" && isMapOrList)),
    ),
  );
  if (branch !== undefined) {
    return branch.flatMap((each) =>
      each.code === "invalid_value" && each.path.length === 0
        ? [wrongValue(context, each.values, path, issue.message)]
        : diagnosticsOf(context, { ...each, path: [...path, ...each.path] as PropertyKey[] }),
    );
  }
  const value = valueAt(context.source.value, path);
  if (value === null) return [error("type", `${lastKey(path)} has no value`, path, description(context, path))];
  return [
    error("type", `${lastKey(path)} must be ${issue.message}, not ${named(value)}`, path, description(context, path)),
  ];
};

const diagnosticsOf = (context: Context, issue: Issue): readonly Diagnostic[] => {
  const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  switch (issue.code) {
    case "invalid_type":
      return [wrongType(context, issue.expected, path)];
    case "invalid_value":
      return [wrongValue(context, issue.values, path)];
    case "unrecognized_keys":
      return unknownKeys(context, issue.keys, path);
    case "too_small":
    case "too_big":
      return [outOfRange(context, issue, path)];
    case "invalid_format":
      return [badPattern(context, path, issue.message, "pattern" in issue ? issue.pattern : undefined)];
    case "invalid_union":
      return wrongUnion(context, issue, path);
    case "custom":
    case "invalid_element":
    case "invalid_key":
    case "not_multiple_of":
      break;
  }
  return [error("value", issue.message, path)];
};

/** A key that is missing because it is misspelt beside is told once, at the misspelling. */
const isMisspelt = (context: Context, missing: Diagnostic, all: readonly Diagnostic[]): boolean => {
  const above = missing.path?.slice(0, -1) ?? [];
  const known = keysAt(context.schema, above);
  return all.some(
    ({ code, path }) =>
      code === "shape/unknown-key" &&
      formatPath(path?.slice(0, -1) ?? []) === formatPath(above) &&
      nearest(String(path?.at(-1)), known) === missing.path?.at(-1),
  );
};

/** Every issue, unplaced. */
export const shapeDiagnostics = (
  issues: readonly Issue[],
  source: Source,
  schema: JsonSchema,
): readonly Diagnostic[] => {
  const context = { source, schema };
  const all = issues.flatMap((issue) => diagnosticsOf(context, issue));
  return all.filter((each) => each.code !== "shape/missing-key" || !isMisspelt(context, each, all));
};
