import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { withScratch } from "../../tests/support/scratch.ts";
import type { NameKind } from "../help/completion/index.ts";
import { names } from "./names.ts";

it("names what a cluster.yaml and a library have, whatever is wrong with them", () =>
  withScratch(async ({ io, folder }) => {
    const cluster = join(folder, "lab.yml");
    const ask = (kind: NameKind, ...words: readonly string[]) => names(io, { kind, words, verbs: [] });
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

it("names versions and builders that the library knows, those of an image of the user's own too", () =>
  withScratch(async ({ io, folder }) => {
    const own = join(folder, "mine/images/metal");
    await mkdir(own, { recursive: true });
    await writeFile(
      join(own, "image.yaml"),
      "description: d\ndistribution: debian\nsuite: trixie\nsources: [deb http://deb.debian.org/debian trixie main]\narchitectures: [amd64]\npackages: [linux-image-amd64]\npacker: { source: { lxd: { image: debian } } }\n",
    );
    const ask = async (kind: NameKind) =>
      (await names(io, { kind, words: ["build", "--library", join(folder, "mine")], verbs: [] })).split("\n");
    expect(await ask("builders")).toEqual(expect.arrayContaining(["amazon-ebs", "lxd", "qemu"]));
    expect(await ask("versions")).toContain("1.37.2");
  }));
