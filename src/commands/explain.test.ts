import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { operatedText, withOperated } from "../../tests/support/operated-cluster.ts";
import { DiagnosticError } from "../diagnostic.ts";
import type { ExplainedCluster, ExplainedNode } from "../explain/explain.ts";
import { SECRETS_BY_BOOTSTRAP, secretNames } from "../secrets/allowed-secrets.ts";
import { explain } from "./explain.ts";

describe("kimg explain", () => {
  it(
    "says of the whole cluster who waits for whom, and on which nodes each secret lies",
    withOperated(async ({ io, common }) => {
      const text = await explain(io, { ...common, format: "text" });
      expect(text).toContain("cluster prod (new), Kubernetes 1.37.2, endpoint 10.0.0.10:6443");
      expect(text).toMatch(/cp1 +master-init +10\.0\.0\.21\/24 .* the endpoint, cp2, cp3\n/);
      expect(text).toMatch(/lb1 +haproxy .* nobody\n/);
      expect(text).toMatch(/ca\.key +secret +cp1, cp2, cp3\n/);
      expect(text).toMatch(/worker-token +secret +cp1, w1\n/);
    }),
  );

  it(
    "finds on each node what its role may hold, and says in which file",
    withOperated(async ({ io, common }) => {
      const { nodes } = JSON.parse(await explain(io, { ...common, format: "json" })) as ExplainedCluster;
      for (const { files, bootstrap, told } of nodes) {
        const inFiles = files.flatMap((file) => file.secrets);
        const allowed = SECRETS_BY_BOOTSTRAP[bootstrap as keyof typeof SECRETS_BY_BOOTSTRAP];
        expect(inFiles.filter((name) => !allowed.includes(name))).toEqual([]);
        expect(told["token"] ?? "(secret: none)").toMatch(/^\(secret: /);
      }
      const key = nodes.find(({ name }) => name === "cp2")?.files.find(({ path }) => path === "/etc/kimg/pki/ca.key");
      expect(key).toEqual({ path: "/etc/kimg/pki/ca.key", mode: 0o600, size: expect.any(Number), secrets: ["ca.key"] });
    }),
  );

  it(
    "says of a node what it is told, with no secret and no hash of a key that is none of the cluster's",
    withOperated(async ({ io, common, secrets }) => {
      const text = await explain(io, { ...common, node: "w1", format: "text" });
      expect(text).toContain("w1 of cluster prod\n");
      expect(text).toMatch(/endpoint 10\.0\.0\.10:6443 +until \/readyz answers 200/);
      expect(text).toMatch(/token +\(secret: worker-token\)\n/);
      expect(text).not.toMatch(/sha256:|[a-z0-9]{6}\.[a-z0-9]{16}/);
      const { values } = await secrets();
      for (const name of secretNames) expect(text).not.toContain(values[name]);
      const node = JSON.parse(await explain(io, { ...common, node: "w1", format: "json" })) as ExplainedNode;
      expect(node.sizes.map(({ part, limit }) => [part, limit])).toContainEqual(["nocloud/user-data", undefined]);
    }),
  );

  it(
    "needs no secrets file and writes nothing",
    withOperated(async ({ io, common, folder }) => {
      await io.files.remove(`${folder}/cluster.secrets.yaml`);
      await explain(io, { ...common, format: "text" });
      expect(await io.files.list(folder)).toEqual(["cluster.yaml"]);
    }),
  );

  it(
    "knows that a sealed cluster is joined by all",
    withOperated(async ({ io, common, cluster }) => {
      await writeFile(cluster, `${operatedText}clusterState: existing\n`);
      const { waits } = JSON.parse(await explain(io, { ...common, node: "cp1", format: "json" })) as ExplainedNode;
      expect(waits).toEqual([{ to: "endpoint", what: expect.stringContaining("the cluster exists, so it joins") }]);
    }),
  );

  it(
    "does not know a node that is none",
    withOperated(async ({ io, common }) => {
      await expect(explain(io, { ...common, node: "cp9", format: "text" })).rejects.toBeInstanceOf(DiagnosticError);
    }),
  );
});

describe("the graph of who waits for whom", () => {
  it(
    "has a box a node and the endpoint, and an arrow a wait",
    withOperated(async ({ io, common }) => {
      const lines = (await explain(io, { ...common, format: "mermaid" })).split("\n");
      expect(lines[0]).toBe("flowchart LR");
      expect(lines.filter((line) => /^ {2}n\d+\["/.test(line))).toHaveLength(6);
      expect(lines).toContain('  n0["endpoint<br/>10.0.0.10:6443"]');
      const arrows = lines.filter((line) => /^ {2}n\d+ (-->|-\.->)\|"[^"]+"\| n\d+$/.test(line));
      expect(arrows).toHaveLength(lines.length - 7);
      // cp1 for the endpoint, cp2 and cp3; cp2, cp3 and w1 for the endpoint.
      expect(arrows.filter((line) => line.includes("-->"))).toHaveLength(6);
    }),
  );

  it(
    "may be of one node, and in Graphviz's words",
    withOperated(async ({ io, common }) => {
      const text = await explain(io, { ...common, node: "w1", format: "dot" });
      expect(text).toMatch(/^digraph cluster \{\n[\s\S]*\n\}$/);
      expect(text.match(/\[label="[^"]*"[^\]]*\];/g)).toHaveLength(3);
      expect(text).toContain(String.raw`label="w1\nworker"`);
    }),
  );
});
