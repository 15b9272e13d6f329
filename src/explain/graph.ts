// Who waits for whom as a graph, in the words of Mermaid (https://mermaid.js.org/syntax/flowchart.html) and of Graphviz
// (https://graphviz.org/doc/info/lang.html). Pure.
import type { ExplainedCluster } from "./explain.ts";
import { endpointName, type Link } from "./waits.ts";

export const graphFormats = ["mermaid", "dot"] as const;
export type GraphFormat = (typeof graphFormats)[number];

interface Box {
  readonly id: string;
  /** One line each. */
  readonly lines: readonly string[];
}

interface Graph {
  readonly boxes: readonly Box[];
  readonly arrows: readonly (Pick<Link, "kind" | "what"> & { readonly from: string; readonly to: string })[];
}

/** A node's own arrows; and of what they lead to, who answers there: the endpoint's load balancers, and the masters behind them. */
const linksAround = (links: readonly Link[], only: string): readonly Link[] => {
  const own = links.filter(({ from, to }) => from === only || to === only);
  const reached = new Set(own.map(({ to }) => to));
  const shown = new Set(own);
  // A set goes on to what is added while it is gone over.
  for (const place of reached) {
    for (const link of links.filter(({ kind, from }) => kind === "carries" && from === place)) {
      shown.add(link);
      reached.add(link.to);
    }
  }
  return links.filter((link) => shown.has(link));
};

/** Names of nodes may hold what the languages give a meaning to: boxes are numbered. Boxes that no arrow touches are left out. */
const graphOf = ({ nodes, endpoint, links }: ExplainedCluster, only: string | undefined): Graph => {
  const shown = only === undefined ? links : linksAround(links, only);
  const touched = new Set(shown.flatMap(({ from, to }) => [from, to]));
  const named = [
    { name: endpointName, lines: [endpointName, endpoint] },
    ...nodes.map(({ name, role, pool }) => ({
      name,
      lines: [name, pool === undefined ? role : `${role} × ${pool}`],
    })),
  ].filter(({ name }) => only === undefined || name === only || touched.has(name));
  const ids = new Map(named.map(({ name }, index) => [name, `n${index}`]));
  return {
    boxes: named.map(({ name, lines }) => ({ id: ids.get(name) ?? "", lines })),
    arrows: shown.map(({ from, to, kind, what }) => ({
      ...{ kind, what },
      ...{ from: ids.get(from) ?? "", to: ids.get(to) ?? "" },
    })),
  };
};

/** Mermaid has HTML's entities with a number sign in place of the ampersand. */
const mermaidText = (text: string): string =>
  text.replaceAll(/[#"<>&]/g, (character) => `#${character.codePointAt(0) ?? 0};`);

const mermaid = ({ boxes, arrows }: Graph): string =>
  [
    "flowchart LR",
    ...boxes.map(({ id, lines }) => `  ${id}["${lines.map(mermaidText).join("<br/>")}"]`),
    ...arrows.map(
      ({ from, to, kind, what }) => `  ${from} ${kind === "waits" ? "-->" : "-.->"}|"${mermaidText(what)}"| ${to}`,
    ),
  ].join("\n");

const dotText = (text: string): string => text.replaceAll(/["\\]/g, String.raw`\$&`);

const dot = ({ boxes, arrows }: Graph): string =>
  [
    "digraph cluster {",
    "  rankdir=LR;",
    "  node [shape=box];",
    ...boxes.map(({ id, lines }) => `  ${id} [label="${lines.map(dotText).join("\\n")}"];`),
    ...arrows.map(
      ({ from, to, kind, what }) =>
        `  ${from} -> ${to} [label="${dotText(what)}"${kind === "waits" ? "" : ", style=dashed"}];`,
    ),
    "}",
  ].join("\n");

const printers: Readonly<Record<GraphFormat, (graph: Graph) => string>> = { mermaid, dot };

/** `only`: a node; then its own arrows, and who answers where they lead to. */
export const graphText = (explained: ExplainedCluster, format: GraphFormat, only?: string): string =>
  printers[format](graphOf(explained, only));
