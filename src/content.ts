// What kimg ships beside its code: in a checkout beside `src/`, in the installed package beside `dist/`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute folder that holds `images/` and `roles/`. */
export const shippedFolder = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

export const kimgVersion = (
  JSON.parse(readFileSync(join(shippedFolder, "package.json"), "utf8")) as { readonly version: string }
).version;
