import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { shippedFolder } from "../content.ts";
import { judgeHost, type Wish } from "./judge.ts";
import { needed } from "./needs.ts";
import type { HostFacts } from "./observe.ts";

const gibibyte = 2 ** 30;

const host = (more: Partial<HostFacts> = {}): HostFacts => ({
  user: { id: 1000, name: "anna" },
  nodeVersion: "20.19.0",
  present: new Set(needed.map(({ name }) => name)),
  namespaceProblem: "",
  settings: {},
  ids: { subuid: 65_536, subgid: 65_536 },
  cache: { folder: "/home/anna/.cache/kimg", free: 100 * gibibyte, writable: true },
  kvm: "usable",
  hasApt: true,
  ...more,
});

const plain: Wish = { from: "modules", images: 1 };

const lacking = (more: Partial<HostFacts>, wish = plain) =>
  judgeHost(host(more), wish)
    .findings.filter(({ state }) => state !== "ok")
    .map(({ name, state, command }) => [name, state, command]);

const without = (...names: readonly string[]): ReadonlySet<string> =>
  new Set(needed.map(({ name }) => name).filter((name) => !names.includes(name)));

describe("a host", () => {
  it("that has all lacks nothing", () => {
    expect(lacking({})).toEqual([]);
    expect(judgeHost(host(), plain).install).toBeUndefined();
  });

  it.each([
    ["20.18.3", true],
    ["18.19.0", true],
    ["20.19.0", false],
    ["22.1.0", false],
  ])("with Node %s: %s", (nodeVersion, isLacking) => {
    expect(lacking({ nodeVersion }).length > 0).toBe(isLacking);
  });

  it("is told one command for all packages, as root or not", () => {
    const present = without("bwrap", "newuidmap", "newgidmap");
    expect(judgeHost(host({ present }), plain).install).toBe(
      "sudo apt-get install --no-install-recommends bubblewrap uidmap",
    );
    const root = host({ present, user: { id: 0, name: "root" } });
    expect(judgeHost(root, plain).install).toBe("apt-get install --no-install-recommends bubblewrap");
    expect(judgeHost(host({ present, hasApt: false }), plain).install).toBeUndefined();
  });

  it.each([
    ["kernel.unprivileged_userns_clone", "0", "sudo sysctl -w kernel.unprivileged_userns_clone=1"],
    [
      "kernel.apparmor_restrict_unprivileged_userns",
      "1",
      "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ],
    ["user.max_user_namespaces", "0", "sudo sysctl -w user.max_user_namespaces=15000"],
  ])("whose %s is %s is told how to change it", (name, value, command) => {
    const namespaceProblem = "bwrap: No permissions to create a new namespace";
    expect(lacking({ namespaceProblem, settings: { [name]: value } })).toEqual([["namespaces", "missing", command]]);
    expect(lacking({ settings: { [name]: value } })).toEqual([]);
  });

  it("needs ranges of ids for an ordinary user only", () => {
    const ids = { subuid: 65_536, subgid: 0 };
    expect(lacking({ ids })).toEqual([["ids", "missing", "sudo usermod --add-subgids 100000-165535 anna"]]);
    expect(lacking({ ids, user: { id: 0, name: "root" } })).toEqual([]);
  });

  it("needs room by what is to be built", () => {
    const cache = { folder: "/c", free: 8 * gibibyte, writable: true };
    expect(lacking({ cache })).toEqual([["room", "advice", "kimg cache prune"]]);
    expect(lacking({ cache }, { from: "upstream", images: 1 })).toEqual([]);
    expect(lacking({ cache }, { from: "upstream", images: 4 })).toHaveLength(1);
    expect(lacking({ cache: { ...cache, free: gibibyte } })).toEqual([["room", "missing", "kimg cache prune"]]);
    expect(lacking({ cache: { ...cache, writable: false } })).toEqual([["room", "missing", undefined]]);
  });

  it("builds without KVM, and is told how to open it", () => {
    expect(lacking({ kvm: "missing" })).toEqual([["kvm", "advice", undefined]]);
    expect(lacking({ kvm: "closed" })).toEqual([["kvm", "advice", "sudo usermod --append --groups kvm anna"]]);
  });
});

it("needs the packages that scripts/setup.sh installs, beside what every Debian has", async () => {
  const script = await readFile(join(shippedFolder, "scripts/setup.sh"), "utf8");
  const installed = /^host_packages="([^"]*)"$/m.exec(script)?.[1]?.split(" ") ?? [];
  const essential = ["coreutils", "dpkg", "findutils", "tar"];
  const packages = [...new Set(needed.map((each) => each.package))].filter((name) => !essential.includes(name));
  expect(packages.toSorted()).toEqual(installed.toSorted());
});
