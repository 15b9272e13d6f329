// From a place in what was rendered back to the place in cluster.yaml that it came from: the way of merge.ts, backwards. Pure.
import type { Path } from "../diagnostic.ts";
import type { Json, JsonValue } from "../model.ts";

/** One of the layers that were merged: where it stands in cluster.yaml, and what it holds. */
export interface Layer {
  readonly at: Path;
  readonly value: Json;
}

const isMap = (value: JsonValue | undefined): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const step = (value: JsonValue | undefined, part: string | number): JsonValue | undefined => {
  if (Array.isArray(value)) return (value as readonly JsonValue[])[Number(part)];
  return isMap(value) && Object.hasOwn(value, part) ? value[part] : undefined;
};

interface Walked {
  readonly path: Path;
  readonly value: JsonValue | undefined;
  /** How many parts of the path this layer has. */
  readonly depth: number;
}

/** Lists that add up: an item is found by counting from the end, since what is ours, and lower layers, stand before. */
const indexIn = (layers: readonly Walked[], wanted: number, length: number): readonly Walked[] => {
  let end = length;
  for (const layer of layers.toReversed()) {
    const items = Array.isArray(layer.value) ? layer.value.length : 0;
    const index = wanted - (end - items);
    if (index >= 0 && index < items)
      return [{ path: [...layer.path, index], value: step(layer.value, index), depth: layer.depth + 1 }];
    end -= items;
  }
  return [];
};

const below = (layer: Walked, part: string | number): readonly Walked[] => {
  const value = step(layer.value, part);
  return value === undefined ? [] : [{ path: [...layer.path, part], value, depth: layer.depth + 1 }];
};

/**
 * The place in cluster.yaml of `path` in `merged`: in the topmost layer that has all of it, else in the one that has most of it.
 * Undefined when none has its first part: then it is ours or the role's. `layers`: the lowest first. `appended`: keys whose lists add up.
 */
export const originOf = (
  path: Path,
  merged: JsonValue,
  layers: readonly Layer[],
  appended: ReadonlySet<string>,
): Path | undefined => {
  let active: readonly Walked[] = layers.map(({ at, value }) => ({ path: at, value, depth: 0 }));
  let best: Walked | undefined;
  let here: JsonValue | undefined = merged;
  for (const [index, part] of path.entries()) {
    const adds = typeof part === "number" && appended.has(String(path[index - 1])) && Array.isArray(here);
    active = adds
      ? indexIn(active, part, (here as readonly JsonValue[]).length)
      : active.flatMap((layer) => below(layer, part));
    here = step(here, part);
    best = active.at(-1) ?? best;
    if (active.length === 0) break;
  }
  // An item of ours in a list that the user adds to is not theirs.
  const cutAtList = active.length === 0 && best !== undefined && Array.isArray(best.value) && best.depth < path.length;
  return cutAtList ? undefined : best?.path;
};
