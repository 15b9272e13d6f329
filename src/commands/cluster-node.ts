// A node or pool of cluster.yaml by the name that the user gave.
import { DiagnosticError } from "../diagnostic.ts";
import { didYouMean } from "../did-you-mean.ts";
import type { Cluster, Node } from "../model.ts";

/** Throws DiagnosticError when cluster.yaml has none of that name. */
export const findNode = ({ nodes }: Cluster, name: string): Node => {
  const found = nodes.find((node) => node.name === name);
  if (found !== undefined) return found;
  const names = nodes.map((node) => node.name);
  const hint = `there are ${names.slice(0, 20).join(", ")}${names.length > 20 ? ", …" : ""}`;
  const message = `cluster.yaml has no node or pool "${name}"${didYouMean(name, names)}`;
  throw new DiagnosticError([{ severity: "error", code: "node/unknown", message, hint }]);
};
