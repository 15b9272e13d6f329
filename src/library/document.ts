// One YAML document of content → its checked value, with everything wrong about it placed.
import type { z } from "zod";
import { jsonSchema } from "../config/json-schema.ts";
import { readText } from "../config/read-file.ts";
import { shapeDiagnostics } from "../config/shape.ts";
import type { Source } from "../config/source.ts";
import { parseSource, place } from "../config/source.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { Files } from "../edge/io.ts";

export interface Document<T> {
  readonly value?: T;
  readonly source?: Source;
  /** Placed. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads and checks the file. `value` is there when the shape is right. */
export const readDocument = async <S extends z.ZodType>(
  files: Files,
  path: string,
  schema: S,
): Promise<Document<z.infer<S>>> => {
  const { text, diagnostics: unread } = await readText(files, path);
  if (text === undefined) return { diagnostics: unread };
  const { source, diagnostics: unparsed } = parseSource(text, path);
  if (source === undefined) return { diagnostics: unparsed };
  if (source.value === null) {
    return { diagnostics: [{ severity: "error", code: "yaml/empty", message: `${path} is empty` }] };
  }
  const result = schema.safeParse(source.value);
  if (result.success) return { value: result.data, source, diagnostics: place(source.traps, source) };
  const shape = shapeDiagnostics(result.error.issues, source, jsonSchema(schema));
  return { source, diagnostics: place([...source.traps, ...shape], source) };
};
