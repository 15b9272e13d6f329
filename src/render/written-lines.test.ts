import { describe, expect, it } from "vitest";
import { clusterOf, testOnlySecrets } from "../../tests/support/render-case.ts";
import type { Node } from "../model.ts";
import { renderCluster } from "./render.ts";
import { writtenLines } from "./written-lines.ts";

const path = "etc/haproxy/haproxy.cfg";

const cluster = await clusterOf(`version: 1
name: prod
network: { nodes: 10.0.0.0/24 }
endpoint: { host: 10.0.0.10 }
nodes:
  - { name: lb1, role: haproxy, address: 10.0.0.11 }
  - { name: lb2, role: haproxy, address: 10.0.0.12 }
  - { name: cp1, role: master-init, address: 10.0.0.21 }
`);
const secrets = await testOnlySecrets(cluster.name);
const [balancer] = cluster.nodes;
if (balancer === undefined) throw new Error("no load balancer");

const giving = (...files: readonly { readonly content: string; readonly append?: boolean }[]): Node => ({
  ...balancer,
  passThrough: {
    ...balancer.passThrough,
    cloudConfig: { write_files: files.map((file) => ({ path: `/${path}`, ...file })) },
  },
});

/** Each line of the file as it is rendered, with where it is written. */
const linesOf = (node: Node) => {
  const tree = renderCluster(
    { ...cluster, nodes: cluster.nodes.map((each) => (each === balancer ? node : each)) },
    secrets,
  );
  const writtenAt = writtenLines(cluster, secrets, node, path);
  return Buffer.from(tree.get(`lb1/files/${path}`)?.bytes ?? "")
    .toString()
    .split("\n")
    .map((text, index) => ({ text, at: writtenAt(index + 1) }));
};

describe("a line of a written file", () => {
  it("is one of the role's template", () => {
    const template = balancer.role.sources.get("haproxy.cfg.hbs")?.split("\n") ?? [];
    const lines = linesOf(balancer).slice(0, -1);
    expect(lines.length).toBeGreaterThan(40);
    for (const { text, at } of lines) {
      const written = at?.in === "template" ? (template[at.line - 1] ?? "") : "";
      const known = written.split(/\{\{.*\}\}/)[0] ?? "";
      expect(text.startsWith(known) && (written !== "" || text === ""), `${text} is not ${written}`).toBe(true);
    }
  });

  it("is the user's, where theirs is appended or takes the file's place", () => {
    const appended = linesOf(giving({ content: "frontend a\n  mode tcp\n", append: true }));
    const line = appended.findIndex(({ text }) => text === "frontend a");
    expect(appended[line - 1]?.at).toMatchObject({ in: "template" });
    expect(appended[line]?.at).toMatchObject({ in: "user", path: ["write_files", 4, "content"], line: 1 });
    expect(appended[line + 1]?.at).toMatchObject({ in: "user", line: 2 });

    const replaced = linesOf(giving({ content: "global\n  no" }, { content: " such\nend", append: true }));
    expect(replaced.map(({ text, at }) => [text, at?.in === "user" ? [at.path[1], at.line] : at])).toEqual([
      ["global", [4, 1]],
      ["  no such", [4, 2]],
      ["end", [5, 2]],
    ]);
  });

  it("is one of role.yaml, where the text is written there", () => {
    const content = "# {{cluster.name}}\n{{#each cluster.masters}}\nserver {{name}}\n{{/each}}\nend\n";
    const role = { ...balancer.role, cloudConfig: { write_files: [{ path: `/${path}`, content }] } };
    const at = (line: number) => writtenLines(cluster, secrets, { ...balancer, role }, path)(line);
    expect([1, 2, 3].map(at)).toEqual(
      [1, 3, 5].map((line) => ({ in: "role", path: ["write_files", 0, "content"], line })),
    );
  });

  it("is nowhere, where there is none", () => {
    expect(writtenLines(cluster, secrets, balancer, path)(1000)).toBeUndefined();
    expect(writtenLines(cluster, secrets, balancer, "etc/none")(1)).toBeUndefined();
  });
});
