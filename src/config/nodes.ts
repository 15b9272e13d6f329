// What the parser's nodes are to kimg: the text of a key, and what an alias stands for.
import { isAlias, isNode, isScalar } from "yaml";
import type { Document, Node, Pair } from "yaml";

/** As it is in the plain data; a merge key is `<<`, a key that is no scalar has none. */
export const keyText = (pair: Pair): string | undefined => {
  if (!isScalar(pair.key) || pair.key.value === null) return undefined;
  const value = pair.key.value as boolean | number | bigint | string | symbol;
  return typeof value === "symbol" ? value.description : String(value);
};

/** The node itself, or what the alias stands for; undefined when there is nothing. */
export const resolved = (node: unknown, document: Document): Node | undefined => {
  if (isAlias(node)) return node.resolve(document);
  return isNode(node) ? node : undefined;
};
