import { chmod, readFile, readdir, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { operatedText, withOperated } from "../../tests/support/operated-cluster.ts";
import { render } from "./render.ts";
import { seal } from "./seal.ts";

const sealedText = operatedText.replace("name: prod\n", "name: prod\nclusterState: existing\n");

const yes = { dryRun: false, yes: true };

describe("kimg seal", { timeout: 60_000 }, () => {
  it(
    "changes one line, renders again, and ends render's warning",
    withOperated(async ({ io, common, cluster, seed }) => {
      expect(await render(io, common)).toContain("warning[render/not-sealed]: the seed of cp1 makes a cluster");
      expect(await seed("cp1/nocloud/meta-data")).toContain("cluster_state: new");
      await chmod(cluster, 0o640);
      expect(await seal(io, { ...common, ...yes })).toContain("sealed (clusterState: existing)");
      expect(await readFile(cluster, "utf8")).toBe(sealedText);
      expect((await stat(cluster)).mode & 0o777).toBe(0o640);
      expect(await seed("cp1/nocloud/meta-data")).toContain("cluster_state: existing");
      const again = await seal(io, { ...common, ...yes });
      expect(again).toContain("is sealed already");
      expect(again).toContain("nothing changed");
      expect(await render(io, common)).not.toContain("render/not-sealed");
    }),
  );

  it(
    "keeps a byte order mark",
    withOperated(async ({ io, common, cluster }) => {
      await writeFile(cluster, `\ufeff${operatedText}`);
      await seal(io, { ...common, ...yes });
      expect(await readFile(cluster, "utf8")).toBe(`\ufeff${sealedText}`);
    }),
  );

  it(
    "does not put a file in a link's place",
    withOperated(async ({ io, common, cluster, folder }) => {
      await rename(cluster, join(folder, "real.yaml"));
      await symlink("real.yaml", cluster);
      await expect(seal(io, { ...common, ...yes })).rejects.toMatchObject({ diagnostics: [{ code: "seal/link" }] });
      expect(await readFile(cluster, "utf8")).toBe(operatedText);
    }),
  );

  it(
    "changes nothing when the seeds cannot be rendered",
    withOperated(async ({ io, common, cluster, folder }) => {
      const secrets = join(folder, "none.yaml");
      await expect(seal(io, { ...common, ...yes, secrets })).rejects.toMatchObject({
        diagnostics: [{ code: "secrets/missing" }],
      });
      expect(await readFile(cluster, "utf8")).toBe(operatedText);
    }),
  );

  it(
    "says what it will do, and does it when a person says so",
    withOperated(async ({ io, common, cluster, folder }) => {
      const asked: string[] = [];
      const answering = (answer: string) => ({
        ...common,
        ...{ dryRun: false, yes: false },
        ask: async (question: string) => {
          asked.push(question);
          return answer;
        },
      });
      expect(await seal(io, answering("n"))).toMatch(/nothing was done\. It would be:\n {2}write clusterState/);
      expect(await seal(io, { ...common, dryRun: true, yes: true })).toContain("nothing was done");
      expect(await readFile(cluster, "utf8")).toBe(operatedText);
      expect(await readdir(folder)).not.toContain("build");
      expect(asked).toEqual([
        `To seal prod:
  write clusterState: existing into ${cluster}, at line 4; nothing else of it changes
  render the seeds again into ${folder}/build/prod (${asked[0]?.match(/\d+(?= files)/)?.[0]} files change, 0 go): from then on they can only join
Do it? [y/N] `,
      ]);
      expect(await seal(io, answering("y"))).toContain(
        `To undo it: clusterState: new in ${cluster}, then kimg render.`,
      );
      expect(await readFile(cluster, "utf8")).toBe(sealedText);
      // What is done already needs no answer.
      expect(await seal(io, answering("n"))).toContain("is sealed already");
      expect(asked).toHaveLength(2);
    }),
  );

  it(
    "writes nothing over what was edited while it asked",
    withOperated(async ({ io, common, cluster, folder }) => {
      const edited = `${operatedText}# by hand\n`;
      const ask = async () => {
        await writeFile(cluster, edited);
        return "y";
      };
      await expect(seal(io, { ...common, dryRun: false, yes: false, ask })).rejects.toMatchObject({
        diagnostics: [{ code: "seal/changed" }],
      });
      expect(await readFile(cluster, "utf8")).toBe(edited);
      expect(await readdir(folder)).not.toContain("build");
    }),
  );

  it(
    "asks nobody where nobody is, and does nothing then",
    withOperated(async ({ io, common, cluster }) => {
      await expect(seal(io, { ...common, dryRun: false, yes: false })).rejects.toMatchObject({
        hint: "--dry-run says what would be done, --yes does it",
      });
      expect(await readFile(cluster, "utf8")).toBe(operatedText);
    }),
  );

  it(
    "leaves cluster.yaml alone when a seed was changed by hand",
    withOperated(async ({ io, common, cluster, folder }) => {
      await render(io, common);
      await writeFile(join(folder, "build/prod/cp1/nocloud/meta-data"), "mine");
      await expect(seal(io, { ...common, ...yes })).rejects.toMatchObject({
        diagnostics: [{ code: "render/not-ours" }],
      });
      expect(await readFile(cluster, "utf8")).toBe(operatedText);
    }),
  );

  it(
    "gives programs what it has done",
    withOperated(async ({ io, common, cluster, folder }) => {
      const result = JSON.parse(await seal(io, { ...common, ...yes, json: true })) as unknown;
      expect(result).toMatchObject({
        cluster,
        done: true,
        changed: true,
        folder: join(folder, "build/prod"),
        removed: [],
      });
    }),
  );
});
