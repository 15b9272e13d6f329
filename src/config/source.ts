// YAML text → plain data that remembers where each part stands. The only file that knows how the parser keeps positions.
// Must not know what the document is about: cluster.yaml, role.yaml and image.yaml all come through here.
import { isMap, isNode, isScalar, isSeq, parseDocument } from "yaml";
import type { Document, Node, Pair, YAMLMap } from "yaml";
import type { Diagnostic, Location, Path } from "../diagnostic.ts";
import { guardDocument } from "./guards.ts";
import { keyText, resolved } from "./nodes.ts";
import { plainData } from "./plain-data.ts";
import { syntaxDiagnostics } from "./syntax.ts";
import { lineRange, locator } from "./text.ts";

export interface Source {
  readonly file: string;
  readonly text: string;
  /** Plain data: maps as objects, aliases and merge keys expanded. */
  readonly value: unknown;
  /** Scalars that mean something else in YAML 1.1, by path; whether that matters depends on what they are for. */
  readonly traps: readonly Diagnostic[];
  /** The place of the value or key at the path; of its deepest existing parent when there is none. */
  readonly locate: (path: Path, at?: "key" | "value") => Location;
  /** The scalar at the path as it is written, quotes included; undefined for anything else. */
  readonly written: (path: Path) => string | undefined;
  /** The place of a line, from 1, of the text at the path: of a literal block (`|`) that line, of anything else the whole. */
  readonly locateLine: (path: Path, line: number) => Location;
  /** Offsets of the value at the path, for what is inside of it. */
  readonly range: (path: Path) => readonly [start: number, end: number] | undefined;
}

export interface ParsedSource {
  readonly source?: Source;
  readonly diagnostics: readonly Diagnostic[];
}

interface Found {
  readonly key: Node | undefined;
  readonly value: Node | undefined;
  /** False when the path ends before: the nodes are its deepest existing parent's. */
  readonly whole: boolean;
}

/** The pair with the key; one that came in through a merge key (`<<`) counts as well. */
const pairOf = (map: YAMLMap, key: string, document: Document): Pair | undefined => {
  const own = map.items.find((pair) => keyText(pair) === key);
  if (own !== undefined) return own;
  for (const pair of map.items.filter((each) => keyText(each) === "<<")) {
    const merged = resolved(pair.value, document);
    const maps = isSeq(merged) ? merged.items.map((item) => resolved(item, document)) : [merged];
    for (const each of maps) {
      const found = isMap(each) ? pairOf(each, key, document) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
};

const step = (node: Node | undefined, part: string | number, document: Document): Pair | Node | undefined => {
  const parent = resolved(node, document);
  if (isMap(parent)) return pairOf(parent, String(part), document);
  if (!isSeq(parent) || typeof part !== "number") return undefined;
  const item = parent.items[part];
  return isNode(item) ? item : undefined;
};

const find = (document: Document, path: Path): Found => {
  let key: Node | undefined;
  let value: Node | undefined = document.contents ?? undefined;
  for (const part of path) {
    const next = step(value, part, document);
    if (next === undefined) return { key, value, whole: false };
    if (isNode(next)) [key, value] = [undefined, next];
    else [key, value] = [isNode(next.key) ? next.key : key, isNode(next.value) ? next.value : undefined];
  }
  return { key, value, whole: true };
};

const rangeOf = (node: Node): readonly [number, number] => [node.range?.[0] ?? 0, node.range?.[1] ?? 0];

/** A key without a value (`endpoint:`) has an empty node: its key is what can be shown. */
const shownNode = (found: Found, at: "key" | "value"): Node | undefined => {
  const { key, value, whole } = found;
  if (at === "key" && whole) return key ?? value;
  if (value === undefined) return key;
  const [start, end] = rangeOf(value);
  return start === end ? (key ?? value) : value;
};

const source = (file: string, text: string, document: Document): Omit<Source, "traps"> => {
  const locate = locator(file, text);
  const range: Source["range"] = (path) => {
    const { value, whole } = find(document, path);
    return whole && value !== undefined ? rangeOf(value) : undefined;
  };
  const locatePath: Source["locate"] = (path, at = "value") => {
    const node = shownNode(find(document, path), at);
    return node === undefined ? locate(0) : locate(...rangeOf(node));
  };
  return {
    file,
    text,
    value: plainData(document),
    locate: locatePath,
    locateLine: (path, line) => {
      const [start = -1, end = 0] = range(path) ?? [];
      const found = text[start] === "|" ? lineRange(text, line + 1, start) : undefined;
      return found === undefined || found[0] >= end ? locatePath(path) : locate(...found);
    },
    written: (path) => {
      const { value, whole } = find(document, path);
      return whole && isScalar(value) ? text.slice(...rangeOf(value)) : undefined;
    },
    range,
  };
};

/** The parser needs minutes for a million of these, and the answer is known. */
const manyOpen = /(?:[[{]\s*){200}/;

export const isTooDeep = (text: string): boolean => manyOpen.test(text);

const parse = (text: string): Document | "too deep" => {
  if (isTooDeep(text)) return "too deep";
  try {
    return parseDocument(text, { merge: true, prettyErrors: false, uniqueKeys: false, stringKeys: false });
  } catch (error) {
    // The parser is recursive: its stack ends after some thousands of levels.
    if (error instanceof RangeError) return "too deep";
    throw error;
  }
};

const tooDeep: Diagnostic = {
  severity: "error",
  code: "yaml/too-deep",
  message: "lists or maps are nested too deeply to be read",
};

/** Everything wrong with the text as YAML is in `diagnostics`, placed; without errors there is a source. */
export const parseSource = (text: string, file: string): ParsedSource => {
  const document = parse(text);
  const locate = locator(file, text);
  if (document === "too deep") {
    return { diagnostics: [{ ...tooDeep, location: locate(Math.max(0, text.search(manyOpen))) }] };
  }
  const syntax = syntaxDiagnostics(document, text, locate);
  if (syntax.length > 0) return { diagnostics: syntax };
  const { errors, traps } = guardDocument(document, text, locate);
  if (errors.length > 0) return { diagnostics: errors };
  return { source: { ...source(file, text, document), traps }, diagnostics: [] };
};

/** A list of one may be written as its item: then the path has no index. */
const asWritten = (path: Path, where: Source): Path =>
  typeof path.at(-1) === "number" && where.written(path.slice(0, -1)) !== undefined ? path.slice(0, -1) : path;

const placed = (diagnostic: Diagnostic, where: Source): Diagnostic => {
  if (diagnostic.location !== undefined || diagnostic.path === undefined) return diagnostic;
  const path = asWritten(diagnostic.path, where);
  return { ...diagnostic, path, location: where.locate(path, diagnostic.at) };
};

/** More complaints of one kind of check help nobody, and to find the place of each of 100,000 takes minutes. */
const mostPlaced = 1000;

/** Gives each diagnostic the place that its path stands for, and sorts them by it. */
export const place = (diagnostics: readonly Diagnostic[], where: Source): readonly Diagnostic[] =>
  sorted(diagnostics.slice(0, mostPlaced).map((diagnostic) => placed(diagnostic, where)));

/** By file, then position; what has no place comes first. */
export const sorted = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] =>
  diagnostics.toSorted(
    (left, right) =>
      (left.location?.file ?? "").localeCompare(right.location?.file ?? "", "en") ||
      (left.location?.line ?? 0) - (right.location?.line ?? 0) ||
      (left.location?.column ?? 0) - (right.location?.column ?? 0),
  );
