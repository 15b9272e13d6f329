import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { withScratch } from "../../tests/support/scratch.ts";
import { names } from "./names.ts";

it("names what a cluster.yaml and a library have, whatever is wrong with them", () =>
  withScratch(async ({ io, folder }) => {
    const cluster = join(folder, "lab.yml");
    const ask = (kind: "nodes" | "roles", ...words: readonly string[]) => names(io, { kind, words, verbs: [] });
    expect(await ask("nodes", "replace", cluster)).toBe("");
    // No rule is asked: a name that is given twice can be completed as well.
    await writeFile(
      cluster,
      "version: 1\nname: lab\nnodes: [{ name: a, role: x }, { name: b, role: x }]\npools: [{ name: c, role: x, count: 2 }]\n",
    );
    expect(await ask("nodes", "token", "--ttl", "1h", cluster, "--node")).toBe("a\nb\nc");
    await writeFile(cluster, "nodes: [");
    expect(await ask("nodes", "replace", cluster)).toBe("");
    for (const name of ["gpu", "$(reboot)"]) {
      await mkdir(join(folder, "mine/roles", name), { recursive: true });
      await writeFile(
        join(folder, "mine/roles", name, "role.yaml"),
        "kimg: { description: d, bootstrap: join-worker }\n",
      );
    }
    expect(await ask("roles", "build", "--library", join(folder, "mine"), "--role")).toBe(
      "base\ngpu\nhaproxy\nmaster-init\nmaster-join\nworker",
    );
  }));
