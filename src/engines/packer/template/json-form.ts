// Blocks → HCL2's JSON form: https://github.com/hashicorp/hcl/blob/main/json/spec.md. What is read is the same as from HCL2.
import type { JsonValue } from "../../../model.ts";
import { literal } from "./hcl2.ts";
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

const jsonValue = (value: Value): JsonValue => {
  if (typeof value === "string") return literal(value);
  if (value === null || typeof value !== "object") return value;
  // Alone in a text, an expression keeps its type.
  if (isExpression(value)) return `\${${value.expression}}`;
  if (isTextTemplate(value)) return value.template;
  if (isList(value)) return value.map(jsonValue);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [literal(key), jsonValue(each)]));
};

const attributesJson = (attributes: Attributes): { [key: string]: JsonValue } =>
  Object.fromEntries(
    Object.entries(attributes)
      .filter((entry): entry is [string, Value | Nested] => entry[1] !== undefined)
      .map(([name, value]) => [name, isNested(value) ? value.blocks.map(attributesJson) : jsonValue(value)]),
  );

/** A block's labels become objects around its body. */
const labelled = ({ labels }: Block, body: JsonValue): JsonValue =>
  labels.toReversed().reduce((inner, label) => ({ [label]: inner }), body);

/** `type` of a variable is a keyword, which JSON has as a text without `${…}`. */
const bodyJson = (block: Block): JsonValue => {
  const body = { ...attributesJson(block.attributes), ...blocksJson(block.blocks) };
  const { type } = block.attributes;
  return block.type === "variable" && isExpression(type) ? { ...body, type: type.expression } : body;
};

/** Blocks of one type in a list, in their order. */
const blocksJson = (blocks: readonly Block[]): { [key: string]: JsonValue } => {
  const types = [...new Set(blocks.map(({ type }) => type))];
  return Object.fromEntries(
    types.map((type) => {
      const bodies = blocks.filter((each) => each.type === type).map((each) => labelled(each, bodyJson(each)));
      return [type, bodies.length === 1 ? (bodies[0] ?? null) : bodies];
    }),
  );
};

/** The text of a `.pkr.json` file; `//` is a comment there. */
export const jsonFormText = (description: string, blocks: readonly Block[]): string =>
  `${JSON.stringify({ "//": description, ...blocksJson(blocks) }, undefined, 2)}\n`;
