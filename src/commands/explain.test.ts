import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { operatedText, withOperated } from "../../tests/support/operated-cluster.ts";
import { DiagnosticError } from "../diagnostic.ts";
import type { ExplainedCluster, ExplainedNode } from "../explain/explain.ts";
import { SECRETS_BY_BOOTSTRAP, secretNames } from "../secrets/allowed-secrets.ts";
import { renderAll } from "../render/render.ts";
import { resolveCluster } from "../resolve/resolve.ts";
import { loadCluster } from "./check.ts";
import { explain } from "./explain.ts";

/** Text that does not compress, in pieces of 44 characters. */
const random = (length: number): string =>
  Array.from({ length }, (_, index) => createHash("sha256").update(String(index)).digest("base64")).join("");

/** Each worker has a file of that many pieces. */
const withLargeFile = (length: number): string =>
  `${operatedText}platform: { datasource: ec2 }\nroles: { worker: { cloudConfig: { write_files: [{ path: /opt/x, content: "${random(length)}" }] } } }\n`;

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
      expect(text).toMatch(/nocloud +nocloud\/user-data +\S+ KiB +no limit\n/);
    }),
  );

  it(
    "says of a pool which labels and taints its nodes have",
    withOperated(async ({ io, common, cluster }) => {
      const taints = "[{ key: gpu, value: a100, effect: NoSchedule }, { key: new, effect: NoExecute }]";
      const pool = `{ name: gpu, role: worker, count: 3, labels: { example.org/rack: r1, tier: fast }, taints: ${taints} }`;
      await writeFile(cluster, `${operatedText}pools: [${pool}]\n`);
      const text = await explain(io, { ...common, node: "gpu", format: "text" });
      expect(text).toMatch(
        / labels +example\.org\/rack=r1\n +tier=fast\n +taints +gpu=a100:NoSchedule\n +new:NoExecute\n/,
      );
      const { labels } = JSON.parse(await explain(io, { ...common, node: "gpu", format: "json" })) as ExplainedNode;
      expect(labels).toEqual({ "example.org/rack": "r1", tier: "fast" });
      expect(await explain(io, { ...common, node: "lb1", format: "text" })).not.toMatch(/labels|taints/);
    }),
  );

  it(
    "says what the seeds take of each platform's limit, as `kimg render` counts it",
    withOperated(async ({ io, common, cluster, secrets }) => {
      expect(await explain(io, { ...common, format: "text" })).toContain("\nnothing limits the size of the seeds\n");
      const words = Array.from({ length: 3000 }, (_, index) => (index * 7919 + 104_729).toString(36)).join(" ");
      const large = `roles: { worker: { cloudConfig: { write_files: [{ path: /opt/x, content: "${words}" }] } } }`;
      const datasources = ["ec2", "openstack", "vmware", "digitalocean"] as const;
      await writeFile(cluster, `${operatedText}platform: { datasource: [${datasources.join(", ")}] }\n${large}\n`);
      const { nodes, secrets: trust } = JSON.parse(
        await explain(io, { ...common, format: "json" }),
      ) as ExplainedCluster;
      const sizes = nodes.find(({ name }) => name === "w1")?.sizes ?? [];
      expect(sizes.map(({ part, what, limit }) => `${part}: ${what} of ${limit}`)).toEqual([
        "ec2/user-data.gz: user-data of 16384",
        expect.stringMatching(/^openstack\/properties\.json: the property kimg_\w+ of 255$/),
        "openstack/user-data.gz: user-data in base64 of 65535",
        "vmware/guestinfo.metadata: guestinfo.metadata of 65536",
        "vmware/guestinfo.userdata: guestinfo.userdata of 65536",
        "digitalocean/user-data: user-data of 65536",
      ]);
      expect(nodes.find(({ name }) => name === "w1")?.told["token"]).toBe("(secret: worker-token)");
      expect(trust.find(({ name }) => name === "worker-token")?.nodes).toEqual(["cp1", "w1"]);
      const { config, library, manifests } = await loadCluster(io, common);
      const { tree } = renderAll(resolveCluster(config, library, manifests), await secrets());
      const file = tree.get("w1/ec2/user-data.gz")?.bytes.length ?? 0;
      expect(Math.abs((sizes[0]?.bytes ?? 0) - file)).toBeLessThan(file / 50);
    }),
  );

  it(
    "tells a seed that is near a limit from one that is over it, and explains both",
    withOperated(async ({ io, common, cluster }) => {
      await writeFile(cluster, withLargeFile(390));
      expect(await explain(io, { ...common, format: "text" })).toMatch(
        /w1 +ec2 +user-data, compressed +\S+ KiB +of 16\.0 KiB +(8[1-9]|9\d) %: near its limit\n/,
      );
      await writeFile(cluster, withLargeFile(600));
      expect(await explain(io, { ...common, node: "w1", format: "text" })).toMatch(
        /ec2 +user-data, compressed +\S+ KiB +of 16\.0 KiB +1\d\d %: over its limit$/,
      );
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
      // The endpoint, lb1, three masters and w1; w1 for the endpoint, who answers there, and who behind it.
      expect(text.match(/^ {2}n\d+ \[label="/gm)).toHaveLength(6);
      expect(text.match(/^ {2}n\d+ -> n\d+ \[label="[^"]*"\];$/gm)).toHaveLength(1);
      expect(text.match(/^ {2}n\d+ -> n\d+ \[label="[^"]*", style=dashed\];$/gm)).toHaveLength(4);
      expect(text).toContain(String.raw`label="w1\nworker"`);
    }),
  );

  it(
    "of a load balancer has nothing of what does not come by it",
    withOperated(async ({ io, common }) => {
      const lines = (await explain(io, { ...common, node: "lb1", format: "mermaid" })).split("\n");
      expect(lines.filter((line) => line.includes('["'))).toHaveLength(5);
      expect(lines.filter((line) => line.includes("-.->"))).toHaveLength(4);
      expect(lines.some((line) => line.includes("-->"))).toBe(false);
    }),
  );
});
