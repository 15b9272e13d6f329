import { X509Certificate } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { withOperated, type Operated } from "../../tests/support/operated-cluster.ts";
import { UsageError } from "../diagnostic.ts";
import { kubeconfig, type KubeconfigOptions } from "./kubeconfig.ts";

const make = ({ io, common: { output: _seeds, ...common } }: Operated, more: Partial<KubeconfigOptions> = {}) =>
  kubeconfig(io, { ...common, user: "alice", groups: ["kubeadm:cluster-admins"], ttl: "8h", ...more });

describe("kimg kubeconfig", { timeout: 60_000 }, () => {
  it(
    "prints access for one user, and asks the cluster nothing",
    withOperated(async (operated) => {
      const text = await make(operated);
      const made = parse(text) as { users: { name: string; user: Record<string, string> }[] };
      expect(made).toMatchObject({
        kind: "Config",
        "current-context": "alice@prod",
        clusters: [{ name: "prod", cluster: { server: "https://10.0.0.10:6443" } }],
      });
      const pem = Buffer.from(made.users[0]?.user["client-certificate-data"] ?? "", "base64").toString();
      expect(new X509Certificate(pem).subject).toBe("O=kubeadm:cluster-admins\nCN=alice");
      expect(parse(await make(operated, { json: true }))).toMatchObject({ kind: "Config" });
      const { values } = await operated.secrets();
      expect(text).not.toContain(Buffer.from(values["ca.key"]).toString("base64"));
      expect(operated.fake.asked).toEqual([]);
    }),
  );

  it(
    "writes a file for its owner alone, and never over another",
    withOperated(async (operated) => {
      const output = join(operated.folder, "alice.conf");
      const said = await make(operated, { output });
      expect(said).toMatch(/alice\.conf: alice \(kubeadm:cluster-admins\) at https:\/\/10\.0\.0\.10:6443 until .* UTC/);
      expect(said).not.toMatch(/-data|BEGIN/);
      expect((await stat(output)).mode & 0o777).toBe(0o600);
      await writeFile(output, "mine");
      await expect(make(operated, { output })).rejects.toMatchObject({ diagnostics: [{ code: "file/exists" }] });
      expect(await readFile(output, "utf8")).toBe("mine");
    }),
  );

  it(
    "warns of what cannot be taken back, beside the result",
    withOperated(async (operated) => {
      const text = await make(operated, { groups: ["system:masters"], ttl: "90d" });
      expect(text).not.toContain("warning");
      expect(operated.notes.join("\n")).toMatch(/kubeconfig\/past-authorization[^]*kubeconfig\/long-lived/);
    }),
  );

  it.each<Partial<KubeconfigOptions>>([
    { user: "" },
    { user: "a".repeat(65) },
    { user: "a\nb" },
    { groups: ["ok", ""] },
    { ttl: "8" },
    { ttl: "0h" },
    { ttl: "1y" },
    { server: "10.0.0.1" },
  ])("refuses %o", (more) =>
    withOperated((operated) => expect(make(operated, more)).rejects.toBeInstanceOf(UsageError))(),
  );
});
