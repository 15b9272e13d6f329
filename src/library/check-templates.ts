// Every template of a role, checked against what it may see, with the places in role.yaml and in the files beside it.
import { posix } from "node:path";
import type { Source } from "../config/source.ts";
import { parseSource, sorted } from "../config/source.ts";
import { locator } from "../config/text.ts";
import type { Diagnostic, Location, Path } from "../diagnostic.ts";
import type { Role } from "../model.ts";
import type { CheckOptions, Finding } from "./template-check.ts";
import { checkTemplate } from "./template-check.ts";
import type { TemplateShape } from "./template-shape.ts";

const diagnostic = ({ code, message, hint }: Finding, location: Location, path?: Path): Diagnostic => ({
  severity: "error",
  code,
  message,
  location,
  ...(hint === undefined ? {} : { hint }),
  ...(path === undefined ? {} : { path }),
});

const occurrences = (text: string, part: string, before: number): number =>
  text.slice(0, before).split(part).length - 1;

/**
 * A scalar's text differs from its source by quotes, escapes and indentation, but an expression is written in both the same way: the
 * n-th occurrence of its words in one is the n-th in the other.
 */
const offsetInSource = (value: string, finding: Finding, source: Source, path: Path): readonly [number, number] => {
  const [start, end] = source.range(path) ?? [0, 0];
  const words = value.slice(finding.start, finding.end);
  let found = start;
  for (let count = occurrences(value, words, finding.start); count >= 0; count -= 1) {
    const next = source.text.indexOf(words, count === occurrences(value, words, finding.start) ? start : found + 1);
    if (next === -1 || next >= end) return [start, end];
    found = next;
  }
  return [found, found + words.length];
};

interface Scalar {
  readonly value: string;
  readonly path: Path;
}

const scalarsOf = (value: unknown, path: Path): readonly Scalar[] => {
  if (typeof value === "string") return [{ value, path }];
  if (Array.isArray(value)) return value.flatMap((item, index) => scalarsOf(item, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => scalarsOf(item, [...path, key]));
};

const keysWithExpressions = (value: unknown, path: Path): readonly Path[] => {
  if (typeof value !== "object" || value === null) return [];
  const below = Object.entries(value).flatMap(([key, item]) =>
    keysWithExpressions(item, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  const own = Array.isArray(value) ? [] : Object.keys(value).filter((key) => key.includes("{{"));
  return [...own.map((key) => path.concat(key)), ...below];
};

const inYaml = (role: Role, shape: TemplateShape, options: CheckOptions): readonly Diagnostic[] => {
  const file = posix.join(role.folder, "role.yaml");
  const { source } = parseSource(role.sources.get("role.yaml") ?? "", file);
  if (source === undefined) return [];
  const keys = keysWithExpressions(role.cloudConfig, []).map((path): Diagnostic => ({
    severity: "error",
    code: "template/key",
    message: "keys are not templates: only values are filled in",
    path,
    location: source.locate(path, "key"),
  }));
  const locate = locator(file, source.text);
  const values = scalarsOf(role.cloudConfig, []).flatMap(({ value, path }) =>
    checkTemplate(value, shape, { ...options, scalar: true }).map((finding) =>
      diagnostic(finding, locate(...offsetInSource(value, finding, source, path)), path),
    ),
  );
  return [...keys, ...values];
};

/**
 * Everything wrong with the role's templates, placed and sorted. `shape` is what they may see; `metadata` the names that
 * `{{metadata …}}` may read, any when left out.
 */
export const checkTemplates = (
  role: Role,
  shape: TemplateShape,
  metadata?: readonly string[],
): readonly Diagnostic[] => {
  const options: CheckOptions = metadata === undefined ? {} : { metadata };
  const beside = [...role.sources]
    .filter(([name]) => name !== "role.yaml")
    .flatMap(([name, text]) => {
      const locate = locator(posix.join(role.folder, name), text);
      return checkTemplate(text, shape, options).map((finding) =>
        diagnostic(finding, locate(finding.start, finding.end)),
      );
    });
  return sorted([...inYaml(role, shape, options), ...beside]);
};
