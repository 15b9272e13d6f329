// A zod schema as JSON Schema, and questions about it: what stands at a path, what it is for, which keys it takes.
import { z } from "zod";
import type { Path } from "../diagnostic.ts";

/** The part of JSON Schema (draft 7) that zod writes and that kimg asks about. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** What may be written, not what comes out of it; draft 7 is what editors know. */
export const jsonSchema = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: "input", target: "draft-7" }) as JsonSchema;

const below = (schema: JsonSchema, part: string | number): JsonSchema | undefined => {
  for (const each of [schema, ...(schema.anyOf ?? [])]) {
    if (typeof part === "number" && each.items !== undefined) return each.items;
    const property = each.properties?.[part];
    if (property !== undefined) return property;
    if (typeof each.additionalProperties === "object") return each.additionalProperties;
  }
  return undefined;
};

export const schemaAt = (schema: JsonSchema, path: Path): JsonSchema | undefined => {
  let found: JsonSchema | undefined = schema;
  for (const part of path) found = found === undefined ? undefined : below(found, part);
  return found;
};

export const keysAt = (schema: JsonSchema, path: Path): readonly string[] => {
  const found = schemaAt(schema, path);
  return [found, ...(found?.anyOf ?? [])].flatMap((each) => Object.keys(each?.properties ?? {}));
};

/** Top-level sections that take the key: where a misplaced key may belong. */
export const sectionsWith = (schema: JsonSchema, key: string): readonly string[] =>
  Object.entries(schema.properties ?? {})
    .filter(([, section]) => section.properties?.[key] !== undefined)
    .map(([section]) => section);
