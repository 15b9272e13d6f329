// Blocks → HCL2 in the form of `packer fmt`: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md. A serialiser, so it prints.
import {
  type Attributes,
  type Block,
  isExpression,
  isList,
  isNested,
  isTextTemplate,
  type Nested,
  type Value,
} from "./template.ts";

const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\" };

const escapeText = (text: string): string => text.replaceAll(/[\n\r\t"\\]/g, (character) => escapes[character] ?? "");

/** In a template's literal parts only: what is between `${` and `}` is an expression already. */
const quoteTemplate = (text: string): string =>
  `"${text.replaceAll(/\$\{[^}]*\}|[\n\r\t"\\]/g, (match) => (match.startsWith("${") ? match : (escapes[match] ?? "")))}"`;

/** `${` and `%{` would begin an expression and a directive. */
export const literal = (text: string): string => text.replaceAll(/([$%])\{/g, "$1$1{");

const identifier = /^[A-Za-z_][\w-]*$/;

const isShort = (text: string): boolean => text.length <= 100 && !text.includes("\n");

const indented = (lines: readonly string[]): string[] => lines.map((line) => (line === "" ? "" : `  ${line}`));

const listText = (values: readonly Value[]): string => {
  const items = values.map(valueText);
  const short = `[${items.join(", ")}]`;
  if (isShort(short)) return short;
  return ["[", ...items.flatMap((item) => indented(`${item},`.split("\n"))), "]"].join("\n");
};

const keyText = (key: string): string => (identifier.test(key) ? key : `"${escapeText(literal(key))}"`);

const mapText = (map: { readonly [key: string]: Value }): string => {
  const entries = Object.entries(map);
  if (entries.length === 0) return "{}";
  return ["{", ...indented(alignedLines(entries.map(([key, value]) => [keyText(key), valueText(value)]))), "}"].join(
    "\n",
  );
};

const valueText = (value: Value): string => {
  if (typeof value === "string") return `"${escapeText(literal(value))}"`;
  if (value === null || typeof value !== "object") return String(value);
  if (isExpression(value)) return value.expression;
  if (isTextTemplate(value)) return quoteTemplate(value.template);
  return isList(value) ? listText(value) : mapText(value);
};

type Line = readonly [name: string, value: string];

const isLong = ([, value]: Line): boolean => value.includes("\n");

/** Lines that follow each other have their `=` in one column; one of several lines stands between empty ones, and by itself. */
const alignedLines = (lines: readonly Line[]): string[] => {
  const groups: Line[][] = [];
  for (const line of lines) {
    const last = groups.at(-1);
    if (last === undefined || isLong(line) || last.some(isLong)) groups.push([line]);
    else last.push(line);
  }
  return groups.flatMap((group, index) => {
    const width = Math.max(...group.map(([name]) => name.length));
    const text = group.flatMap(([name, value]) => `${name.padEnd(width)} = ${value}`.split("\n"));
    return index === 0 ? text : ["", ...text];
  });
};

const attributeLines = (attributes: Attributes): string[] =>
  alignedLines(
    Object.entries(attributes).flatMap(([name, value]): Line[] =>
      value === undefined || isNested(value) ? [] : [[name, valueText(value)]],
    ),
  );

const nestedBlocks = (attributes: Attributes): Block[] =>
  Object.entries(attributes)
    .filter((entry): entry is [string, Nested] => isNested(entry[1]))
    .flatMap(([type, { blocks }]) => blocks.map((each) => ({ type, labels: [], attributes: each, blocks: [] })));

const blockLines = ({ type, labels, comment, attributes, blocks }: Block): string[] => {
  const head = [type, ...labels.map((label) => `"${label}"`)].join(" ");
  const parts = [attributeLines(attributes), ...[...nestedBlocks(attributes), ...blocks].map(blockLines)].filter(
    (lines) => lines.length > 0,
  );
  const body = parts.flatMap((lines, index) => (index === 0 ? lines : ["", ...lines]));
  return [...(comment === undefined ? [] : [`# ${comment}`]), `${head} {`, ...indented(body), "}"];
};

/** The text of a `.pkr.hcl` file. */
export const hcl2Text = (description: string, blocks: readonly Block[]): string =>
  [[`# ${description}`], ...blocks.map(blockLines)].map((lines) => `${lines.join("\n")}\n`).join("\n");
