// Two values → what differs, as a flat list that people and programs read. Pure.
import type { Json, JsonValue } from "../model.ts";

export interface Difference {
  /** What kind of thing it is in: "packages", "files", "nodes/cp1". */
  readonly of: string;
  readonly change: "added" | "removed" | "changed";
  /** Which one: a package's name, a file's path, a key. */
  readonly what: string;
  /** Left out where it is nothing to be shown. */
  readonly a?: string;
  readonly b?: string;
}

/** By name, in its order. `show` gives the words for a value; undefined when it is not to be shown. */
export const compareMaps = <Value>(
  of: string,
  [a, b]: readonly [ReadonlyMap<string, Value>, ReadonlyMap<string, Value>],
  same: (a: Value, b: Value) => boolean,
  show: (value: Value, other: Value | undefined) => string | undefined,
): readonly Difference[] => {
  const side = (
    name: "a" | "b",
    value: Value,
    other: Value | undefined,
  ): { readonly a?: string; readonly b?: string } => {
    const text = show(value, other);
    return text === undefined ? {} : { [name]: text };
  };
  const names = [...new Set([...a.keys(), ...b.keys()])].toSorted();
  return names.flatMap((what): Difference[] => {
    const [left, right] = [a.get(what), b.get(what)];
    if (left === undefined && right === undefined) return [];
    if (left === undefined) return [{ of, change: "added", what, ...side("b", right as Value, undefined) }];
    if (right === undefined) return [{ of, change: "removed", what, ...side("a", left, undefined) }];
    if (same(left, right)) return [];
    return [{ of, change: "changed", what, ...side("a", left, right), ...side("b", right, left) }];
  });
};

/** Permission bits as people write them: `0644`. */
export const modeText = (mode: number): string => mode.toString(8).padStart(4, "0");

/** Name → text. */
export type Texts = Readonly<Record<string, string>>;

export const compareTexts = (of: string, a: Texts, b: Texts): readonly Difference[] =>
  compareMaps(
    of,
    [new Map(Object.entries(a)), new Map(Object.entries(b))],
    (left, right) => left === right,
    (text) => text,
  );

export const sameValue = (a: JsonValue, b: JsonValue): boolean => JSON.stringify(a) === JSON.stringify(b);

const isMap = (value: JsonValue): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** What tells the items of a list apart, so that one more at its start is not a change of all that follow. */
const keyOf = (item: JsonValue): string | undefined => {
  if (!isMap(item)) return undefined;
  // Not by `key`: there are lists of keys that open something.
  const key = item["name"] ?? item["path"];
  return typeof key === "string" ? key : undefined;
};

const entriesOf = (value: JsonValue): readonly (readonly [string, JsonValue])[] | undefined => {
  if (isMap(value)) return Object.entries(value).map(([key, item]) => [`.${key}`, item]);
  if (!Array.isArray(value)) return undefined;
  const items = value as readonly JsonValue[];
  const keys = items.map(keyOf);
  const telling = keys.every((key) => key !== undefined) && new Set(keys).size === keys.length;
  return items.map((item, index) => [`[${telling ? String(keys[index]) : index}]`, item]);
};

/** The document's leaves by their places: `.nodes[cp1].addresses[0]`. Null, and what is empty, is the same as nothing. */
export const leavesOf = (value: JsonValue, place = ""): ReadonlyMap<string, JsonValue> => {
  if (value === null) return new Map();
  const entries = entriesOf(value);
  if (entries === undefined) return new Map([[place, value]]);
  return new Map(entries.flatMap(([key, item]) => [...leavesOf(item, `${place}${key}`)]));
};
