// Where in cluster.yaml pass-through for a node stands.
import type { Path } from "../diagnostic.ts";
import type { Json, Node } from "../model.ts";
import type { Layer } from "../resolve/origin.ts";

/** What stands at the path in plain data; undefined where nothing does. */
const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (here, part) =>
      typeof here === "object" && here !== null ? (here as Record<string | number, unknown>)[part] : undefined,
    value,
  );

/** Of a node: the lowest first. */
const placesOf = (config: unknown, node: Node): readonly Path[] => {
  const list = node.pool ? "pools" : "nodes";
  const index = (valueAt(config, [list]) as readonly { readonly name: string }[]).findIndex(
    ({ name }) => name === node.name,
  );
  return [[], ["roles", node.role.name], [list, index]];
};

/** `config`: the document as it was read. `section`: such as `["cloudConfig"]`. The lowest layer comes first. */
export const layersOf = (config: unknown, node: Node, section: Path): readonly Layer[] =>
  placesOf(config, node).flatMap((place) => {
    const value = valueAt(config, [...place, ...section]);
    return value === undefined ? [] : [{ at: [...place, ...section], value: value as Json }];
  });
