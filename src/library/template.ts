// The template engine: Handlebars without HTML escaping, strict, with few helpers, on an instance of its own.
// Fills text and YAML; what a template may see is checked beforehand, see template-check.ts.
import Handlebars from "handlebars";
import { locator } from "../config/text.ts";
import type { Location } from "../diagnostic.ts";
import { DiagnosticError } from "../diagnostic.ts";
import type { JsonValue } from "../model.ts";
import { metadataText } from "../render/jinja.ts";
import { toYaml } from "../render/yaml.ts";

/** What a template sees, by name. */
export type TemplateContext = Readonly<Record<string, unknown>>;

export interface Helper {
  /** How many arguments it takes, at least and at most. */
  readonly parameters: readonly [least: number, most: number];
  readonly run: (...values: readonly unknown[]) => unknown;
}

const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [String(value)]);

/** Inline helpers. Beside them only Handlebars' own if, unless, each, with and lookup. */
export const helpers: Readonly<Record<string, Helper>> = {
  /** What the instance's meta-data holds: filled in on the node, by jinja. */
  metadata: { parameters: [1, 1], run: (path) => metadataText(String(path)) },
  /** One line of JSON. */
  json: { parameters: [1, 1], run: (value) => JSON.stringify(value) },
  /** A block of YAML that ends with a line break. */
  yaml: { parameters: [1, 1], run: (value) => toYaml(value as JsonValue) },
  /** The list's items with the text between them. */
  join: { parameters: [2, 2], run: (list, separator) => texts(list).join(String(separator)) },
  eq: { parameters: [2, 2], run: (left, right) => left === right },
  and: { parameters: [2, 9], run: (...values) => values.every((value) => isTrue(value)) },
  or: { parameters: [2, 9], run: (...values) => values.some((value) => isTrue(value)) },
  not: { parameters: [1, 1], run: (value) => !isTrue(value) },
};

export const blockHelpers: ReadonlySet<string> = new Set(["if", "unless", "each", "with"]);

/** As `#if` has it: an empty list is false too. */
const isTrue = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));

const engine = Handlebars.create();
for (const [name, { run }] of Object.entries(helpers)) {
  // Handlebars gives its own options as a last argument.
  engine.registerHelper(name, (...values: readonly unknown[]) => run(...values.slice(0, -1)));
}
for (const name of ["log", "blockHelperMissing", "helperMissing"]) engine.unregisterHelper(name);

const options = {
  noEscape: true,
  strict: true,
  knownHelpersOnly: true,
  knownHelpers: Object.fromEntries(Object.keys(helpers).map((name) => [name, true])),
} satisfies CompileOptions;

const compiled = new Map<string, HandlebarsTemplateDelegate>();

const compile = (text: string): HandlebarsTemplateDelegate => {
  const before = compiled.get(text);
  if (before !== undefined) return before;
  const template = engine.compile(text, options);
  compiled.set(text, template);
  return template;
};

const hasExpression = (text: string): boolean => text.includes("{{");

const missing = (name: string, location: Location | undefined, file: string | undefined): DiagnosticError =>
  new DiagnosticError([
    {
      severity: "error",
      code: "template/missing-value",
      message: `a template${file === undefined ? "" : ` in ${file}`} reads ${name}, which is not there`,
      hint: "ask for it first: {{#if …}}, or {{lookup … …}}, which gives nothing instead",
      ...(location === undefined ? {} : { location }),
    },
  ]);

/** Handlebars says where in the template, and which name: `"rack" not defined in [object Object] - 3:4`. */
const located = (error: unknown, text: string, file: string | undefined): unknown => {
  const found = error instanceof Error ? /^"(.*)" not defined in .* - (\d+):(\d+)$/s.exec(error.message) : null;
  if (found === null) return error;
  const [, name = "", line, column] = found;
  const start =
    text
      .split("\n")
      .slice(0, Number(line) - 1)
      .join("\n").length +
    Number(column) +
    (line === "1" ? 0 : 1);
  return missing(name, file === undefined ? undefined : locator(file, text)(start, start + name.length), file);
};

/**
 * The text with every expression filled in. Rejects with DiagnosticError what names a value that is not there: checked templates can
 * only in labels and in the user's own values. `file` is the template's, when `text` is all of it.
 */
export const fill = (text: string, context: TemplateContext, file?: string): string => {
  if (!hasExpression(text)) return text;
  try {
    return compile(text)(context);
  } catch (error) {
    throw located(error, text, file);
  }
};

const lineMark = "\0";

const marked = (line: number, value: string): string => `${lineMark}${line}${lineMark}${value}`;

const lineBreaks = (text: string): number => text.split("\n").length - 1;

/** Handlebars takes lines that hold nothing but a block's beginning or end out of the texts around them. */
const markContent = (content: hbs.AST.ContentStatement): hbs.AST.ContentStatement => {
  const { value, loc } = content;
  const original = content.original as unknown as string;
  const first = loc.start.line + lineBreaks(original.slice(0, original.lastIndexOf(value)));
  const lines = value.split("\n").map((text, index) => marked(first + index, text));
  return value === "" ? content : { ...content, value: lines.join("\n") };
};

const markStatement = (statement: hbs.AST.Statement): readonly hbs.AST.Statement[] => {
  if (statement.type === "ContentStatement") return [markContent(statement as hbs.AST.ContentStatement)];
  if (statement.type === "BlockStatement") {
    const { program, inverse, ...rest } = statement as Partial<hbs.AST.BlockStatement> & hbs.AST.BlockStatement;
    const parts = { program: program && markProgram(program), inverse: inverse && markProgram(inverse) };
    return [{ ...rest, ...parts }];
  }
  const value = marked(statement.loc.start.line, "");
  return [{ type: "ContentStatement", value, original: value, loc: statement.loc } as hbs.AST.Statement, statement];
};

const markProgram = (program: hbs.AST.Program): hbs.AST.Program => ({
  ...program,
  body: program.body.flatMap(markStatement),
});

/** For each line of `fill(text, context)` the line of `text`, from 1, that it is of: where an expression gives several, its own. */
export const filledLines = (text: string, context: TemplateContext): readonly number[] => {
  let line = 1;
  return engine
    .compile(
      markProgram(engine.parse(text)),
      options,
    )(context)
    .split("\n")
    .map((filled) => {
      const marks = filled.split(lineMark);
      line = Number(marks.at(-2) ?? line);
      return line;
    });
};

/** The names of the path when the whole text is one expression, and that a path: `{{kubeadm.join}}`. */
const onePath = (text: string): readonly string[] | undefined => {
  if (!/^\{\{[^{}]+\}\}$/.test(text)) return undefined;
  const [statement, ...others] = engine.parse(text).body;
  if (statement?.type !== "MustacheStatement" || others.length > 0) return undefined;
  const { path, params, hash } = statement as hbs.AST.MustacheStatement;
  if (path.type !== "PathExpression" || params.length > 0 || (hash as hbs.AST.Hash | undefined) !== undefined)
    return undefined;
  const { data, depth, parts } = path as hbs.AST.PathExpression;
  return data || depth > 0 || Object.hasOwn(helpers, parts[0] ?? "") ? undefined : parts;
};

const lookUp = (context: TemplateContext, parts: readonly string[]): unknown => {
  let value: unknown = context;
  for (const part of parts) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) {
      throw missing(parts.join("."), undefined, undefined);
    }
    value = (value as Record<string, unknown>)[part];
  }
  return value;
};

/** Plain data with each text in it filled; a text that is exactly one path becomes the value itself, whatever its type. Keys stay. */
export const fillYaml = (value: unknown, context: TemplateContext): unknown => {
  if (typeof value === "string") {
    const parts = hasExpression(value) ? onePath(value) : undefined;
    return parts === undefined ? fill(value, context) : lookUp(context, parts);
  }
  if (Array.isArray(value)) return value.map((item) => fillYaml(item, context));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillYaml(item, context)]));
};
