// What the cache's entries are, in words, and what it takes to make one again. The cache itself does not know.
import type { CostOf } from "../edge/cache-size.ts";

/** Seconds to a minute of this machine's work; what the network has to bring; minutes of compiling. In the order in which they go. */
const costs = ["work", "network", "compiling"] as const;

interface CacheKind {
  readonly what: string;
  readonly again: (typeof costs)[number];
}

export const cacheKinds: Readonly<Record<string, CacheKind>> = {
  disk: { what: "disk of an image", again: "work" },
  root: { what: "root file system", again: "work" },
  "container-store": { what: "container store", again: "work" },
  supply: { what: "supply of a role", again: "work" },
  package: { what: "package", again: "work" },
  "container-image": { what: "container image", again: "work" },
  "base-layer": { what: "layer below programs", again: "work" },
  "upstream-programs": { what: "programs of an archive", again: "work" },
  "mirrored-package": { what: "package of a mirror", again: "work" },
  "mirrored-image": { what: "image of a mirror", again: "work" },
  base: { what: "distribution", again: "network" },
  tools: { what: "tools", again: "network" },
  "locked-archive": { what: "packages of a lock", again: "network" },
  "upstream-answer": { what: "answer of upstream", again: "network" },
  "upstream-file": { what: "file of upstream", again: "network" },
  "upstream-image": { what: "image of upstream", again: "network" },
  program: { what: "compiled program", again: "compiling" },
  go: { what: "Go's own caches", again: "compiling" },
};

/** What another kimg has put there is taken for quick to make. */
export const costOf: CostOf = (kind) => costs.indexOf(cacheKinds[kind]?.again ?? "work");

export const wordsOf = (kind: string): string => cacheKinds[kind]?.what ?? kind;
