import { chmod, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { operatedText, withOperated } from "../../tests/support/operated-cluster.ts";
import { render } from "./render.ts";
import { seal } from "./seal.ts";

const sealedText = operatedText.replace("name: prod\n", "name: prod\nclusterState: existing\n");

describe("kimg seal", { timeout: 60_000 }, () => {
  it(
    "changes one line, renders again, and ends render's warning",
    withOperated(async ({ io, common, cluster, seed }) => {
      expect(await render(io, common)).toContain("warning[render/not-sealed]: the seed of cp1 makes a cluster");
      expect(await seed("cp1/nocloud/meta-data")).toContain("cluster_state: new");
      await chmod(cluster, 0o640);
      expect(await seal(io, common)).toContain("sealed (clusterState: existing)");
      expect(await readFile(cluster, "utf8")).toBe(sealedText);
      expect((await stat(cluster)).mode & 0o777).toBe(0o640);
      expect(await seed("cp1/nocloud/meta-data")).toContain("cluster_state: existing");
      const again = await seal(io, common);
      expect(again).toContain("is sealed already");
      expect(again).toContain("nothing changed");
      expect(await render(io, common)).not.toContain("render/not-sealed");
    }),
  );

  it(
    "keeps a byte order mark",
    withOperated(async ({ io, common, cluster }) => {
      await writeFile(cluster, `\ufeff${operatedText}`);
      await seal(io, common);
      expect(await readFile(cluster, "utf8")).toBe(`\ufeff${sealedText}`);
    }),
  );

  it(
    "does not put a file in a link's place",
    withOperated(async ({ io, common, cluster, folder }) => {
      await rename(cluster, join(folder, "real.yaml"));
      await symlink("real.yaml", cluster);
      await expect(seal(io, common)).rejects.toMatchObject({ diagnostics: [{ code: "seal/link" }] });
      expect(await readFile(cluster, "utf8")).toBe(operatedText);
    }),
  );

  it(
    "changes nothing when the seeds cannot be rendered",
    withOperated(async ({ io, common, cluster, folder }) => {
      const secrets = join(folder, "none.yaml");
      await expect(seal(io, { ...common, secrets })).rejects.toMatchObject({
        diagnostics: [{ code: "secrets/missing" }],
      });
      expect(await readFile(cluster, "utf8")).toBe(operatedText);
    }),
  );
});
