// From a line of a file that a seed writes back to where that line is written: in a template of the role, in its role.yaml, or in what
// the user gives. Pure.
import type { Path } from "../diagnostic.ts";
import { filledLines, type TemplateContext } from "../library/template.ts";
import type { Cluster, Json, JsonValue, Node, Secrets } from "../model.ts";
import { startRendering } from "./alike.ts";
import { templateContext } from "./context.ts";
import { cloudConfigOf, type FilePart, filePartsOf } from "./seed.ts";

/** Lines are counted from 1. */
export type WrittenLine =
  /** A text template beside role.yaml. */
  | { readonly in: "template"; readonly name: string; readonly line: number }
  /** A scalar of role.yaml, and the line of its text. */
  | { readonly in: "role"; readonly path: Path; readonly line: number }
  /** A scalar of the merged cloud-config, which is the user's. */
  | { readonly in: "user"; readonly path: Path; readonly document: Json; readonly line: number };

const itemOf = (cloudConfig: unknown, index: number): Json => {
  const { write_files: files = [] } = cloudConfig as { readonly write_files?: readonly Json[] };
  return files[index] ?? {};
};

const inRole = ({ role }: Node, context: TemplateContext, index: number, line: number): WrittenLine => {
  const { template, content } = itemOf(role.cloudConfig, index);
  const lineOf = (text: JsonValue | undefined): number =>
    (typeof text === "string" ? filledLines(text, context)[line - 1] : undefined) ?? line;
  return typeof template === "string"
    ? { in: "template", name: template, line: lineOf(role.sources.get(template)) }
    : { in: "role", path: ["write_files", index, "content"], line: lineOf(content) };
};

interface PartLine {
  readonly part: FilePart;
  readonly line: number;
}

/** A part may go on in the line that the one before has not ended: the line is then of the first. */
const partLines = (parts: readonly FilePart[]): readonly PartLine[] => {
  const lines: PartLine[] = [];
  let ended = true;
  for (const part of parts) {
    const own = part.text.split("\n").map((_, index) => ({ part, line: index + 1 }));
    lines.push(...(ended ? own : own.slice(1)));
    ended = part.text.endsWith("\n");
    if (ended) lines.pop();
  }
  return lines;
};

/** Undefined for a line that the file has not. `path`: without a slash in front. */
export const writtenLines = (
  cluster: Cluster,
  secrets: Secrets,
  node: Node,
  path: string,
): ((line: number) => WrittenLine | undefined) => {
  const { context: shared } = startRendering(cluster, secrets);
  const context = templateContext({ cluster, shared, node, secrets, onRead: () => {} });
  const lines = partLines(filePartsOf(node, context, path));
  return (wanted) => {
    const { part, line } = lines[wanted - 1] ?? {};
    if (part === undefined || line === undefined) return undefined;
    if (part.by === "role") return inRole(node, context, part.index, line);
    const document = cloudConfigOf(node, context);
    return { in: "user", path: ["write_files", part.index, "content"], document, line };
  };
};
