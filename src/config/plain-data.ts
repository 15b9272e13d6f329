// A guarded document → plain data, in one pass. The parser's own conversion looks each alias up from the start of the document, which
// takes minutes for a hundred thousand of them.
import { isAlias, isMap, isScalar, isSeq } from "yaml";
import type { Document, YAMLMap } from "yaml";
import { keyText } from "./nodes.ts";

type Anchors = Map<string, unknown>;

/** Also for `__proto__`, which an assignment would take for something else. */
const set = (target: object, key: string, value: unknown): void => {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
};

const merge = (target: object, source: unknown): void => {
  for (const each of Array.isArray(source) ? (source as readonly unknown[]) : [source]) {
    if (typeof each !== "object" || each === null) continue;
    for (const [key, value] of Object.entries(each)) if (!Object.hasOwn(target, key)) set(target, key, value);
  }
};

/** A map's own keys win over those that it merges, and of those the first. */
const mapData = (map: YAMLMap, anchors: Anchors): object => {
  const target = {};
  const merged: unknown[] = [];
  for (const pair of map.items) {
    const key = keyText(pair) ?? "";
    const value = data(pair.value, anchors);
    if (key === "<<") merged.push(value);
    else set(target, key, value);
  }
  for (const source of merged) merge(target, source);
  return target;
};

const freshData = (node: unknown, anchors: Anchors): unknown => {
  if (isMap(node)) return mapData(node, anchors);
  if (isSeq(node)) return node.items.map((item) => data(item, anchors));
  return isScalar(node) ? node.value : null;
};

const data = (node: unknown, anchors: Anchors): unknown => {
  if (isAlias(node)) return anchors.get(node.source);
  const value = freshData(node, anchors);
  if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined) anchors.set(node.anchor, value);
  return value;
};

/** What guards.ts has found no fault with: no loops, each alias after its anchor. Aliases share one object. */
export const plainData = (document: Document): unknown => data(document.contents, new Map());
