import { describe, expect, it } from "vitest";
import { goldenCases, renderGolden, testOnlySecrets } from "../../tests/support/render-case.ts";
import type { FileTree } from "../model.ts";
import { secretNames } from "../secrets/allowed-secrets.ts";
import { type SeedContent, seedFacts } from "./seed-facts.ts";

const seedIn = (tree: FileTree, node: string): SeedContent => {
  const files = [...tree].filter(([path]) => path.startsWith(`${node}/nocloud/`));
  return new Map(files.map(([path, entry]) => [path.replace(/^.*\//, ""), entry]));
};

describe("a seed of ours", () => {
  it("says who it is for and what will be written", async () => {
    const facts = seedFacts(seedIn(await renderGolden("ha"), "cp2"));
    expect(facts).toMatchObject({
      hostname: "cp2",
      kimg: { role: "master-join", cluster: "prod" },
      secrets: ["token"],
    });
    expect(facts.writes).toContainEqual({ path: "/etc/kimg/pki/ca.key", mode: 0o600, size: expect.any(Number) });
  });

  it.each(goldenCases)("%s: shows no secret", async (name) => {
    const { values } = await testOnlySecrets(name);
    const tree = await renderGolden(name);
    const nodes = new Set([...tree.keys()].map((path) => path.split("/")[0] ?? ""));
    for (const node of nodes) {
      const shown = JSON.stringify(seedFacts(seedIn(tree, node)));
      for (const secret of secretNames) expect(shown).not.toContain(values[secret]);
    }
  });
});

const entry = (text: string) => ({ bytes: Buffer.from(text), mode: undefined });

describe("a seed of others", () => {
  it("is read as far as it can be", () => {
    const facts = seedFacts(
      new Map([
        ["meta-data", entry("instance-id: i-1\nkimg: { role: worker, new-secret: hunter2 }\n")],
        ["user-data", entry("#!/bin/sh\necho: [\n")],
      ]),
    );
    expect(facts).toMatchObject({ instanceId: "i-1", kimg: { role: "worker" }, secrets: ["new-secret"] });
    expect(facts.writes).toBeUndefined();
    expect(JSON.stringify(facts)).not.toContain("hunter2");
  });

  it("may be empty", () => {
    expect(seedFacts(new Map())).toMatchObject({ instanceId: "", writes: undefined, secrets: [] });
  });
});
