import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { generatedFiles } from "./generated-files.ts";
import type { JsonSchema } from "./json-schema.ts";
import { jsonSchema } from "./json-schema.ts";
import { configSchema } from "./schema.ts";

const root = join(import.meta.dirname, "../..");

it.each([...generatedFiles()])("%s is what the schema says (npm run schema)", (path, text) => {
  expect(readFileSync(join(root, path), "utf8")).toBe(text);
});

const undescribed = (schema: JsonSchema, path: string): readonly string[] => {
  const below = Object.entries(schema.properties ?? {}).map(([key, value]) => [`${path}.${key}`, value] as const);
  const inner = [schema.items, schema.additionalProperties].filter((each) => typeof each === "object");
  return [
    ...below.filter(([, { description }]) => description === undefined).map(([name]) => name),
    ...below.flatMap(([name, value]) => undescribed(value, name)),
    ...inner.flatMap((each) => undescribed(each, `${path}.*`)),
  ];
};

it("describes every field", () => {
  expect(undescribed(jsonSchema(configSchema), "")).toEqual([]);
});
