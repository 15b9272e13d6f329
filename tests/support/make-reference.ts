// A development script (`npm run reference`): writes what is derived from the command line and the codes. tests/reference.test.ts compares it.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { shippedFolder } from "../../src/content.ts";
import { generatedReference } from "./generated-reference.ts";

for (const [path, text] of generatedReference()) {
  mkdirSync(dirname(join(shippedFolder, path)), { recursive: true });
  writeFileSync(join(shippedFolder, path), text);
}
