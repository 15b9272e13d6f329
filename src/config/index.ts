// cluster.yaml → Config, and everything wrong with it, placed: source (YAML and positions), then shape (zod), then meaning (rules).
// Must not read files, nor know a role or an image by name: those come in with the library.
import type { Diagnostic, Path } from "../diagnostic.ts";
import type { Library } from "../model.ts";
import { jsonSchema } from "./json-schema.ts";
import { rules } from "./rules/index.ts";
import { ruleContext } from "./rules/context.ts";
import type { Config } from "./schema.ts";
import { configSchema } from "./schema.ts";
import { shapeDiagnostics } from "./shape.ts";
import type { Source } from "./source.ts";
import { parseSource, place, sorted } from "./source.ts";

export { type ReadManifests, readManifests } from "./read-manifests.ts";
export { place, sorted } from "./source.ts";
export type { Config } from "./schema.ts";

export interface ReadConfig {
  /** Undefined when there are errors. */
  readonly config?: Config;
  /** Placed and sorted. */
  readonly diagnostics: readonly Diagnostic[];
}

/** What programs take as it is: their values have no shape that would tell what an ambiguous scalar is meant to be. */
const freeKeys: ReadonlySet<string | number> = new Set(
  "kubeadm kubelet kubeProxy containerd cloudConfig values".split(" "),
);

const isFree = (path: Path): boolean => {
  const depth = ["roles", "nodes", "pools"].includes(String(path[0])) ? 2 : 0;
  return path[depth] !== undefined && freeKeys.has(path[depth]) && path.length > depth + 1;
};

const samePath = (left: Path | undefined, right: Path | undefined): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

const empty = (file: string): Diagnostic => ({
  severity: "error",
  code: "yaml/empty",
  message: `${file} is empty`,
  hint: "`kimg init` writes a cluster.yaml to start from",
});

const hasError = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ severity }) => severity === "error");

export interface ReadShape extends ReadConfig {
  readonly source?: Source;
}

/** Text → Config, or why not. Rules are not applied: they need the library, see `checkConfig`. */
export const readConfig = (text: string, file: string): ReadShape => {
  const { source, diagnostics } = parseSource(text, file);
  if (source === undefined) return { diagnostics };
  if (source.value === null || source.value === undefined) return { diagnostics: [empty(file)] };
  const traps = source.traps.filter(({ code, path }) => code === "yaml/ambiguous" || isFree(path ?? []));
  const result = configSchema.safeParse(source.value);
  const shape = result.success ? [] : shapeDiagnostics(result.error.issues, source, jsonSchema(configSchema));
  const untrapped = shape.filter(({ path }) => !traps.some((trap) => samePath(trap.path, path)));
  const all = place([...traps, ...untrapped], source);
  return !result.success || hasError(all)
    ? { source, diagnostics: all }
    : { config: result.data, source, diagnostics: all };
};

/** What was read, its meaning checked against the roles, images and versions that there are. */
export const judgeConfig = (read: ReadShape, library: Library): ReadConfig => {
  if (read.config === undefined || read.source === undefined) return read;
  const context = ruleContext(read.config, library);
  const meaning = place(
    rules.flatMap((rule) => rule(context)),
    read.source,
  );
  const diagnostics = sorted([...read.diagnostics, ...meaning]);
  return hasError(diagnostics) ? { diagnostics } : { config: read.config, diagnostics };
};

/** Text → Config, its meaning checked. */
export const checkConfig = (text: string, file: string, library: Library): ReadConfig =>
  judgeConfig(readConfig(text, file), library);
