// How fast seeds are rendered: nodes per second, and the ratio to a lower bound in the same run, hashing the very bytes that came out.
// Run: npx tsx bench/render.ts
import { createHash } from "node:crypto";
import { checkConfig } from "../src/config/index.ts";
import { shippedFolder } from "../src/content.ts";
import { startProgress } from "../src/edge/progress.ts";
import { systemIo } from "../src/edge/system-io.ts";
import { loadLibrary } from "../src/library/index.ts";
import type { FileTree } from "../src/model.ts";
import { renderCluster } from "../src/render/render.ts";
import { resolveCluster } from "../src/resolve/resolve.ts";
import { generateSecrets } from "../src/secrets/secrets.ts";

const workers = 2_000;
const rounds = 5;
const goal = 1_000;

const clusterText = (): string => {
  const named = Array.from({ length: workers }, (_, index) => {
    const address = `10.0.${Math.floor(index / 250) + 1}.${(index % 250) + 1}`;
    return `  - { name: w${index}, role: worker, address: ${address} }`;
  });
  return [
    "version: 1",
    "name: bench",
    "endpoint: { host: 10.0.0.10 }",
    "network: { nodes: 10.0.0.0/16, gateway: 10.0.0.1, pods: 10.128.0.0/9 }",
    "nodes:",
    "  - { name: lb1, role: haproxy, address: 10.0.0.10 }",
    "  - { name: cp1, role: master-init, address: 10.0.0.21 }",
    ...named,
  ].join("\n");
};

const seconds = (work: () => void): number => {
  const since = performance.now();
  work();
  return (performance.now() - since) / 1000;
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const hashAll = (tree: FileTree): void => {
  for (const { bytes } of tree.values()) createHash("sha256").update(bytes).digest();
};

const io = systemIo(startProgress("quiet"), new AbortController().signal);
const { library } = await loadLibrary(io, [shippedFolder]);
const { config, diagnostics } = checkConfig(clusterText(), "bench.yaml", library);
if (config === undefined) throw new Error(JSON.stringify(diagnostics));
const cluster = resolveCluster(config, library);
const secrets = await generateSecrets(io, cluster.name);

let tree: FileTree = renderCluster(cluster, secrets);
const rendering = median(
  Array.from({ length: rounds }, () =>
    seconds(() => {
      tree = renderCluster(cluster, secrets);
    }),
  ),
);
const hashing = median(Array.from({ length: rounds }, () => seconds(() => hashAll(tree))));
const bytes = [...tree.values()].reduce((sum, file) => sum + file.bytes.length, 0);
const rate = cluster.nodes.length / rendering;

console.log(`nodes: ${cluster.nodes.length}, files: ${tree.size}, bytes: ${bytes}`);
console.log(
  `render: ${rendering.toFixed(3)} s, ${Math.round(rate)} nodes/s (goal ${goal}: ratio ${(rate / goal).toFixed(2)})`,
);
console.log(`lower bound, hashing the same bytes: ${hashing.toFixed(3)} s (ratio ${(rendering / hashing).toFixed(1)})`);
