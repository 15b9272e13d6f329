import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { withScratch } from "../tests/support/scratch.ts";
import { type ClusterDocument, DiagnosticError, UsageError, check, makeSecrets, render } from "./index.ts";

const cluster = {
  version: 1,
  name: "demo",
  network: { nodes: "10.0.0.0/24", gateway: "10.0.0.1", dns: ["10.0.0.2"] },
  nodes: [{ name: "cp1", role: "master-init", address: "10.0.0.21" }],
} satisfies ClusterDocument;

describe("a cluster that is no file", () => {
  it("is checked, with paths and without places", async () => {
    expect(await check(cluster)).toMatchObject({ diagnostics: [], cluster: { name: "demo", state: "new" } });
    const wrong = await check({ ...cluster, nodes: [{ name: "cp1", role: "mastr-init", address: "10.0.0.21" }] });
    expect(wrong.cluster).toBeUndefined();
    expect(wrong.diagnostics[0]).toMatchObject({ code: "node/unknown-role", path: ["nodes", 0, "role"] });
    expect(wrong.diagnostics[0]).not.toHaveProperty("location");
  });

  it("takes what YAML 1.1 would misread as the text that it is", async () => {
    const { diagnostics } = await check({ ...cluster, cloudConfig: { timezone: "yes", locale: "0644" } });
    expect(diagnostics).toEqual([]);
  });

  it("is rendered in memory, and needs its secrets", async () => {
    const secrets = await makeSecrets("demo");
    const { files } = await render(cluster, { secrets });
    expect([...files.keys()]).toContain("cp1/nocloud/user-data");
    await expect(render(cluster)).rejects.toThrow(UsageError);
    await expect(render({ ...cluster, nodes: [] }, { secrets })).rejects.toThrow(DiagnosticError);
  });
});

describe("a cluster.yaml", () => {
  it("is checked with places, and refused as a result", () =>
    withScratch(async ({ folder }) => {
      const file = join(folder, "cluster.yaml");
      expect((await check(file)).diagnostics).toMatchObject([{ code: "file/missing" }]);
      await writeFile(file, JSON.stringify({ ...cluster, name: "Demo" }));
      expect((await check(file)).diagnostics).toMatchObject([{ code: "shape/pattern", location: { file, line: 1 } }]);
    }));

  it("is rendered as `kimg render` does, where an output is named", () =>
    withScratch(async ({ folder }) => {
      const file = join(folder, "cluster.yaml");
      await writeFile(file, JSON.stringify(cluster));
      await expect(render(file)).rejects.toMatchObject({ diagnostics: [{ code: "secrets/missing" }] });
      const secrets = await makeSecrets("demo");
      await writeFile(join(folder, "cluster.secrets.yaml"), JSON.stringify(secrets), { mode: 0o600 });
      const { files } = await render(file);
      expect(existsSync(join(folder, "out"))).toBe(false);
      await render(file, { output: join(folder, "out") });
      for (const [path, { bytes }] of files) {
        expect(Buffer.compare(readFileSync(join(folder, "out/demo", path)), bytes), path).toBe(0);
      }
      expect(parse(readFileSync(join(folder, "out/demo/cluster.resolved.yaml"), "utf8"))).toMatchObject({
        name: "demo",
      });
    }));
});
