import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { clusterOf, goldenCluster } from "../../tests/support/render-case.ts";
import { resolvedText } from "./resolved.ts";

const nodesOf = (text: string): readonly Readonly<Record<string, unknown>>[] =>
  (parse(text) as { readonly nodes: readonly Readonly<Record<string, unknown>>[] }).nodes;

describe("the resolved cluster for people", () => {
  it("says every derived value, and nothing that says nothing", async () => {
    const [master, worker] = nodesOf(resolvedText(await goldenCluster("minimal")));
    expect(master).toEqual({
      name: "cp1",
      role: "master-init",
      bootstrap: "init",
      image: "debian-13",
      addresses: ["192.168.10.21/24"],
    });
    expect(worker).toMatchObject({ name: "w1", bootstrap: "join-worker" });
  });

  it("shows the user's own fields but what may be secret in them", async () => {
    const secret = "hunter2";
    const text = `version: 1
name: x
network: { nodes: 10.0.0.0/24 }
nodes:
  - name: cp1
    role: master-init
    address: 10.0.0.2
    values: { apiToken: ${secret}, colour: blue, nested: [{ privateKey: ${secret} }] }
    cloudConfig:
      password: ${secret}
      chpasswd: { users: [{ name: root, password: ${secret} }] }
      users: [{ name: ops, passwd: ${secret}, ssh_authorized_keys: [ssh-ed25519 AAAA] }]
      write_files: [{ path: /etc/x, content: ${secret} }]
      timezone: Europe/Berlin
`;
    const shown = resolvedText(await clusterOf(text));
    expect(shown).not.toContain(secret);
    expect(shown).toContain("colour: blue");
    expect(shown).toContain("Europe/Berlin");
    expect(shown).toContain("ssh-ed25519 AAAA");
    expect(shown).toContain("/etc/x");
  });
});
