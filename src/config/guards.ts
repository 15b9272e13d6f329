// One walk over a parsed document for what plain data can no longer tell: keys given twice, aliases that loop or explode,
// tags, keys that are not text, scalars that YAML 1.1 reads differently.
import { isAlias, isMap, isNode, isPair, isScalar, isSeq } from "yaml";
import type { Alias, Document, Node, Pair, Scalar, YAMLMap } from "yaml";
import type { DiagnosticCode } from "../codes/index.ts";
import type { Diagnostic, Path } from "../diagnostic.ts";
import { keyText } from "./nodes.ts";
import type { Locate } from "./text.ts";
import { trapOf } from "./traps.ts";

/** Values after aliases are expanded; more is an attack or a mistake. */
const mostValues = 100_000;

/** Levels of lists and maps; the walk is recursive. */
const mostLevels = 100;

export interface Guarded {
  readonly errors: readonly Diagnostic[];
  readonly traps: readonly Diagnostic[];
}

interface Walk {
  readonly document: Document;
  readonly text: string;
  readonly locate: Locate;
  readonly errors: Diagnostic[];
  readonly traps: Diagnostic[];
  /** Values that a node stands for with its aliases expanded, itself included. */
  readonly sizes: Map<Node, number>;
  /** Those seen so far: an alias stands for the last one before it. */
  readonly anchors: Map<string, Node>;
  tooMany: boolean;
}

const placeOf = (walk: Walk, node: Node): Pick<Diagnostic, "location"> => {
  const [start, end] = node.range ?? [0, 0];
  return { location: walk.locate(start, Math.max(end, start + 1)) };
};

const complain = (walk: Walk, node: Node, code: DiagnosticCode, message: string, hint?: string): void => {
  const place = placeOf(walk, node);
  walk.errors.push({ severity: "error", code, message, ...(hint === undefined ? {} : { hint }), ...place });
};

const checkTag = (walk: Walk, node: Node): void => {
  const tag = "tag" in node ? node.tag : undefined;
  if (tag === undefined || /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/.test(tag)) return;
  const shown = tag.replace("tag:yaml.org,2002:", "!!");
  complain(walk, node, "yaml/tag", `the tag ${shown} has no meaning here`, "remove it");
};

const checkScalar = (walk: Walk, node: Scalar, path: Path): void => {
  if (node.type !== "PLAIN" || node.tag !== undefined) return;
  const [start, end] = node.range ?? [0, 0];
  const trap = trapOf(walk.text.slice(start, end));
  if (trap === undefined) return;
  const code = trap.always ? "yaml/ambiguous" : "yaml/unquoted";
  const { severity, message, hint } = trap;
  walk.traps.push({ severity, code, message, hint, path, ...placeOf(walk, node) });
};

const checkKey = (walk: Walk, pair: Pair, first: Map<string, Node>): string | undefined => {
  const key = keyText(pair);
  const node = isNode(pair.key) ? pair.key : undefined;
  if (key === undefined || node === undefined) {
    complain(walk, node ?? (walk.document.contents as Node), "yaml/key", "a key must be text", "put it in quotes");
    return undefined;
  }
  const written = walk.text.slice(...(node.range ?? [0, 0]));
  if (isScalar(node) && typeof node.value === "number" && String(node.value) !== written) {
    const hint = `put it in quotes: "${written}"`;
    complain(walk, node, "yaml/key", `the key ${written} without quotes is the number ${key}`, hint);
  }
  const before = first.get(key);
  if (before === undefined || key === "<<") {
    first.set(key, node);
    return key;
  }
  const { location } = placeOf(walk, before);
  const where = `it is given first on line ${location?.line}; keep one of them`;
  complain(walk, node, "yaml/duplicate-key", `the key ${JSON.stringify(key)} is given twice`, where);
  return undefined;
};

const checkMerge = (walk: Walk, pair: Pair): void => {
  const target = (node: unknown): unknown => (isAlias(node) ? walk.anchors.get(node.source) : node);
  const value = target(pair.value);
  const maps = isSeq(value) ? value.items.map(target) : [value];
  if (maps.every((each) => isMap(each)) || !isNode(pair.key)) return;
  complain(walk, pair.key, "yaml/merge", "`<<` takes a map or an alias of one", "write `<<: *name`");
};

const walkMap = (walk: Walk, map: YAMLMap, path: Path, inside: readonly Node[]): number => {
  const first = new Map<string, Node>();
  let size = 1;
  for (const pair of map.items) {
    const key = checkKey(walk, pair, first);
    if (key === "<<") checkMerge(walk, pair);
    size += walkNode(walk, pair.value, key === undefined ? path : [...path, key], inside);
  }
  return size;
};

const walkAlias = (walk: Walk, alias: Alias, inside: readonly Node[]): number => {
  const target = walk.anchors.get(alias.source);
  if (target === undefined) {
    const hint = `give a value the anchor &${alias.source} before this line, or put the text in quotes`;
    complain(walk, alias, "yaml/alias", `no anchor &${alias.source} stands before *${alias.source}`, hint);
    return 1;
  }
  if (inside.includes(target)) {
    const message = `*${alias.source} stands inside of its own anchor &${alias.source}: it would never end`;
    complain(walk, alias, "yaml/alias-loop", message, "write the value out");
    return 1;
  }
  return walk.sizes.get(target) ?? 1;
};

const sizeOf = (walk: Walk, node: Node, path: Path, inside: readonly Node[]): number => {
  if (isAlias(node)) return walkAlias(walk, node, inside);
  if (isMap(node)) return walkMap(walk, node, path, [...inside, node]);
  if (isSeq(node)) {
    const sizes = node.items.map((item, index) => walkNode(walk, item, [...path, index], [...inside, node]));
    return sizes.reduce((sum, size) => sum + size, 1);
  }
  if (isScalar(node)) checkScalar(walk, node, path);
  return 1;
};

const walkNode = (walk: Walk, node: unknown, path: Path, inside: readonly Node[]): number => {
  if (isPair(node) || !isNode(node)) return 1;
  checkTag(walk, node);
  if (!isAlias(node) && node.anchor !== undefined) walk.anchors.set(node.anchor, node);
  if (inside.length > mostLevels) {
    complain(walk, node, "yaml/too-deep", `more than ${mostLevels} lists and maps inside of each other`);
    return 1;
  }
  const size = sizeOf(walk, node, path, inside);
  walk.sizes.set(node, size);
  if (size > mostValues && !walk.tooMany) {
    walk.tooMany = true;
    complain(walk, node, "yaml/too-many-values", `more than ${mostValues} values, aliases expanded`);
  }
  return size;
};

const checkVersion = (walk: Walk): void => {
  const yaml = walk.document.directives?.yaml;
  if (yaml?.explicit !== true || yaml.version === "1.2") return;
  const message = `YAML ${yaml.version} is not read: kimg reads YAML 1.2`;
  const location = walk.locate(0, walk.text.length);
  walk.errors.push({ severity: "error", code: "yaml/version", message, hint: "remove the %YAML line", location });
};

/** Walks the document once. With errors, its plain data must not be made: loops would not end. */
export const guardDocument = (document: Document, text: string, locate: Locate): Guarded => {
  const maps = { sizes: new Map<Node, number>(), anchors: new Map<string, Node>() };
  const walk: Walk = { document, text, locate, errors: [], traps: [], ...maps, tooMany: false };
  checkVersion(walk);
  walkNode(walk, document.contents, [], []);
  return { errors: walk.errors, traps: walk.traps };
};
