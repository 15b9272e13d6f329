// What HAProxy says about the configuration of a node, at the line that caused it: of a role's template, of its role.yaml, or of what
// cluster.yaml gives to cloud-init.
import { posix } from "node:path";
import { parseSource, type Source } from "../config/source.ts";
import { lineRange, locator } from "../config/text.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { Cluster, Node, Secrets } from "../model.ts";
import { haproxyConfiguration, type JudgedConfiguration } from "../programs/ask-haproxy.ts";
import type { SaidOfLine } from "../programs/haproxy.ts";
import { type WrittenLine, writtenLines } from "../render/written-lines.ts";
import { appendedWork } from "../resolve/merge.ts";
import { originOf } from "../resolve/origin.ts";
import { layersOf } from "./layers.ts";

type Place = Pick<Diagnostic, "path" | "location">;

const placeOf = (source: Source, node: Node, written: WrittenLine | undefined): Place => {
  if (written === undefined) return {};
  const { role } = node;
  if (written.in === "template") {
    const text = role.sources.get(written.name) ?? "";
    const range = lineRange(text, written.line);
    return range === undefined ? {} : { location: locator(posix.join(role.folder, written.name), text)(...range) };
  }
  if (written.in === "role") {
    const { path, line } = written;
    const document = parseSource(role.sources.get("role.yaml") ?? "", posix.join(role.folder, "role.yaml")).source;
    return document === undefined ? {} : { path, location: document.locateLine(path, line) };
  }
  const path = originOf(written.path, written.document, layersOf(source.value, node, ["cloudConfig"]), appendedWork);
  return path === undefined ? {} : { path, location: source.locateLine(path, written.line) };
};

const hintOf = ({ name, role }: Node, line: number | undefined): string =>
  `${line === undefined ? "in" : `line ${line} of`} /${haproxyConfiguration} as ${name} gets it, by its role ${role.name} and this cluster`;

/** `source`: of cluster.yaml. `secrets`: those that were rendered with. */
export const haproxyDiagnostics = (
  cluster: Cluster,
  secrets: Secrets,
  source: Source,
  judged: readonly JudgedConfiguration[],
): readonly Diagnostic[] =>
  judged.flatMap(({ node, said }) => {
    const writtenAt = writtenLines(cluster, secrets, node, haproxyConfiguration);
    return said.map(({ severity, line, message }: SaidOfLine): Diagnostic => ({
      ...{ severity, code: "program/haproxy", hint: hintOf(node, line) },
      message: severity === "error" ? `HAProxy refuses this: ${message}` : `HAProxy warns of this: ${message}`,
      ...(line === undefined ? {} : placeOf(source, node, writtenAt(line))),
    }));
  });
