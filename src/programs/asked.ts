// What the programs of the nodes are asked about, and what comes of it.
import type { Path } from "../diagnostic.ts";
import type { Cluster, FileTree, JsonValue, Node } from "../model.ts";
import type { Said } from "./said.ts";

/** A node's document for a program, and which section of cluster.yaml is merged into it. */
export interface Judged {
  readonly node: Node;
  readonly section: Path;
  readonly document: JsonValue;
  readonly said: readonly Said[];
}

/** What is asked about. */
export interface Asked {
  readonly cluster: Cluster;
  readonly tree: FileTree;
  readonly nodes: readonly Node[];
  /** A private folder to put files into. */
  readonly folder: string;
}
