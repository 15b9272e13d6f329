// Writes tests/golden/test-only.secrets.yaml. Its keys come from a seed that everybody can read: they protect nothing. It is committed,
// because signatures differ from run to run.
import { writeFile } from "node:fs/promises";
import { printSecrets } from "../../src/secrets/document.ts";
import { generateSecrets } from "../../src/secrets/secrets.ts";
import { seededWorld } from "./seeded-world.ts";

const warning =
  "# TEST ONLY. Made from a public seed by tests/support/make-golden-secrets.ts: never use any of this anywhere.\n";

const secrets = await generateSecrets(seededWorld("test only"), "test-only");
await writeFile(new URL("../golden/test-only.secrets.yaml", import.meta.url), warning + printSecrets(secrets));
