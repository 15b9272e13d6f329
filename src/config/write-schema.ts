// A development script (`npm run schema`), not part of the program: writes what is derived from the schema. A test compares it.
// oxlint-disable-next-line no-restricted-imports -- run by people, never imported: it has no Io to go through
import { mkdirSync, writeFileSync } from "node:fs";
import { generatedFiles } from "./generated-files.ts";

mkdirSync("schema", { recursive: true });
for (const [path, text] of generatedFiles()) writeFileSync(path, text);
