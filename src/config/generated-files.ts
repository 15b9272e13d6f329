// What is derived from the schema and committed: path below the repository → text.
import { jsonSchema } from "./json-schema.ts";
import { configReference } from "./reference.ts";
import { configSchema } from "./schema.ts";

export const generatedFiles = (): ReadonlyMap<string, string> => {
  const schema = jsonSchema(configSchema);
  const titled = { title: "kimg cluster.yaml", ...schema };
  return new Map([
    ["schema/cluster.schema.json", `${JSON.stringify(titled, undefined, 2)}\n`],
    ["docs/config.md", configReference(schema)],
  ]);
};
