import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Operated, operatedText, withOperated } from "../../tests/support/operated-cluster.ts";
import { formatLock } from "../lock.ts";
import { iso9660 } from "../render/iso9660.ts";
import { secretNames } from "../secrets/allowed-secrets.ts";
import { diff, type DiffResult } from "./diff.ts";
import { render } from "./render.ts";

const compare = ({ io }: Operated, a: string, b: string, json = false): Promise<DiffResult> =>
  diff(io, { a, b, libraries: [], json });

const other = (text: string) => async (operated: Operated) => {
  const b = join(operated.folder, "other.yaml");
  await writeFile(b, text);
  return compare(operated, operated.cluster, b);
};

const secret = (value: string): string => `${operatedText}cloudConfig: { chpasswd: { password: ${value} } }\n`;

describe("two clusters", () => {
  it(
    "are the same however they are written",
    withOperated(async (operated) => {
      const reordered = operatedText
        .replace("# ours", "# theirs")
        .replace("version: 1\nname: prod", "name: prod\nversion: 1");
      expect(await other(reordered)(operated)).toMatchObject({ same: true, text: expect.stringContaining("the same") });
    }),
  );

  it(
    "differ by what they come to, a node in one line when only one has it",
    withOperated(async (operated) => {
      const text = operatedText.replace("10.0.0.22", "10.0.0.42").replace(/.*name: w1.*\n/, "");
      const { same, text: said } = await other(text)(operated);
      expect(same).toBe(false);
      expect(said).toContain("nodes[cp2]: 1\n  ~ addresses[0]  10.0.0.22/24 -> 10.0.0.42/24");
      expect(said).toContain("nodes: 1\n  - w1  worker");
    }),
  );

  it(
    "say that a password differs, and not what it is",
    withOperated(async (operated) => {
      await writeFile(operated.cluster, secret("hunter2"));
      expect(await other(secret("hunter2"))(operated)).toMatchObject({ same: true });
      const { text } = await other(secret("hunter3"))(operated);
      expect(text).toContain("passThrough.cloudConfig.chpasswd  (redacted) -> (redacted)");
      expect(text).not.toMatch(/hunter|hidden/);
    }),
  );

  it(
    "may be wrong, which is said with its line",
    withOperated(async (operated) => {
      await expect(other(`${operatedText}nodse: []\n`)(operated)).rejects.toThrow(/nodse/);
    }),
  );
});

describe("two rendered trees", () => {
  it(
    "differ in the places of a node's files, and no secret is shown",
    withOperated(async (operated) => {
      const { io, common, folder, cluster, secrets } = operated;
      await render(io, { ...common, output: join(folder, "one") });
      await writeFile(cluster, operatedText.replace("10.0.0.31", "10.0.0.32"));
      await render(io, { ...common, output: join(folder, "two") });
      const trees = ["one", "two"].map((name) => join(folder, name, "prod")) as [string, string];
      const { text } = await compare(operated, ...trees);
      expect(text).toContain("nocloud/meta-data (instance-id, kimg.address, kimg.node_ip)");
      expect(text).not.toMatch(/^lb1: /m);
      expect(await compare(operated, trees[0], trees[0])).toMatchObject({ same: true });
      const { values } = await secrets();
      for (const name of secretNames) expect(text).not.toContain(values[name]);
    }),
  );

  it(
    "may be one seed of each, on media of different kinds",
    withOperated(async (operated) => {
      const { io, common, folder } = operated;
      await render(io, { ...common, output: join(folder, "one") });
      const node = join(folder, "one/prod/w1");
      expect(await compare(operated, node, join(node, "nocloud.iso"))).toMatchObject({ same: true });
      const { text } = await compare(operated, node, join(folder, "one/prod/cp2/nocloud.iso"));
      expect(text).toMatch(/seed: 3\n {2}~ meta-data \(instance-id/);
    }),
  );
});

const entry = (name: string, version: string) => ({
  ...{ kind: "distribution-package" as const, name, version, source: "s", sha256: "a".repeat(64) },
});

describe("two builds", () => {
  it(
    "differ in the versions of their locks",
    withOperated(async (operated) => {
      const folders = ["a", "b"].map((name) => join(operated.folder, name)) as [string, string];
      const versions = ["5.2-1", "5.2-2"];
      for (const [index, folder] of folders.entries()) {
        await mkdir(folder);
        await writeFile(
          join(folder, "kimg.lock"),
          formatLock([entry("bash", versions[index] ?? ""), entry("apt", "3")]),
        );
      }
      const { text, same } = await compare(operated, ...folders, true);
      expect(same).toBe(false);
      expect(JSON.parse(text)).toEqual({
        same: false,
        differences: [{ of: "lock", change: "changed", what: "distribution-package bash", a: "5.2-1", b: "5.2-2" }],
      });
    }),
  );
});

it(
  "things of different kinds are not compared",
  withOperated(async (operated) => {
    const iso = join(operated.folder, "a.iso");
    await writeFile(iso, iso9660("CIDATA", []));
    await expect(compare(operated, iso, operated.cluster)).rejects.toThrow("a.iso is of kind iso, and ");
  }),
);
