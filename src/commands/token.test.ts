import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { unreachable } from "../../tests/support/fake-api.ts";
import { type Operated, withOperated } from "../../tests/support/operated-cluster.ts";
import { ToolError, UsageError } from "../diagnostic.ts";
import { encryptText, isEncrypted } from "../secrets/encryption.ts";
import { printSecrets } from "../secrets/document.ts";
import { render } from "./render.ts";
import { token, type TokenOptions } from "./token.ts";

const mint = ({ io, common }: Operated, more: Partial<TokenOptions> = {}) =>
  token(io, { ...common, ttl: "2h", offline: false, render: false, ...more });

const code = (name: string) => ({ diagnostics: [{ code: name }] });

const form = /^[a-z0-9]{6}\.[a-z0-9]{16}$/;
const joinOf = (node: string): string => `${node}/files/etc/kimg/kubeadm/join.yaml`;

describe("kimg token", { timeout: 60_000 }, () => {
  it(
    "prints a token that the cluster knows from then on, and nothing else",
    withOperated(async (operated) => {
      const minted = await mint(operated);
      expect(minted).toMatch(form);
      const [id = "", secret] = minted.split(".");
      const made = operated.fake.objects.get(`/api/v1/namespaces/kube-system/secrets/bootstrap-token-${id}`);
      expect(made).toMatchObject({
        type: "bootstrap.kubernetes.io/token",
        stringData: {
          "token-id": id,
          "token-secret": secret,
          "usage-bootstrap-authentication": "true",
          "usage-bootstrap-signing": "true",
          "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
          expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
        },
      });
      expect(operated.notes.join("\n")).not.toContain(minted);
      expect((await operated.secrets()).values["worker-token"]).not.toBe(minted);
    }),
  );

  it.each([
    [undefined, "worker-token", "w1", "cp2"],
    ["w1", "worker-token", "w1", "cp2"],
    ["cp3", "master-token", "cp2", "w1"],
  ] as const)("for %s goes into the %s and the seeds that have it", (node, name, with_, without) =>
    withOperated(async (operated) => {
      await render(operated.io, operated.common);
      const before = await operated.seed(joinOf(without));
      const said = await mint(operated, { render: true, ...(node === undefined ? {} : { node }) });
      const { values } = await operated.secrets();
      expect(said).not.toContain(values[name]);
      expect(
        operated.fake.objects.has(`/api/v1/namespaces/kube-system/secrets/bootstrap-token-${values[name].slice(0, 6)}`),
      ).toBe(true);
      expect(await operated.seed(joinOf(with_))).toContain(values[name]);
      expect(await operated.seed(joinOf(without))).toBe(before);
    })(),
  );

  it(
    "leaves an encrypted secrets file encrypted",
    withOperated(async (operated) => {
      const file = `${operated.folder}/cluster.secrets.yaml`;
      await operated.io.files.write(file, await encryptText(printSecrets(await operated.secrets()), "horse", 2), 0o600);
      const io = { ...operated.io, environment: { KIMG_PASSPHRASE: "horse" } };
      await token(io, { ...operated.common, ttl: "2h", offline: false, render: true });
      expect(isEncrypted(await readFile(file))).toBe(true);
    }),
  );

  it(
    "offline is a kubeconfig of the group that joins nodes",
    withOperated(async (operated) => {
      const made = parse(await mint(operated, { offline: true, node: "w1" })) as object;
      expect(made).toMatchObject({ kind: "Config", "current-context": "system:bootstrap:w1@prod" });
      expect(operated.fake.asked).toEqual([]);
      await mint(operated, { offline: true, node: "w1", render: true });
      const join = parse(await operated.seed(joinOf("w1"))) as { discovery: object };
      expect(join.discovery).toEqual({ file: { kubeConfigPath: "/etc/kimg/kubeadm/bootstrap.conf" } });
      const own = await operated.seed("w1/files/etc/kimg/kubeadm/bootstrap.conf");
      expect(parse(own)).toMatchObject({ kind: "Config", "current-context": "system:bootstrap:w1@prod" });
      expect(await operated.seed("w1/nocloud/user-data")).toContain("/etc/kimg/kubeadm/bootstrap.conf");
      expect(await operated.seed("cluster.resolved.yaml")).not.toContain("client-key-data");
      await render(operated.io, operated.common);
      expect(await operated.seed(joinOf("w1"))).toContain("bootstrapToken");
    }),
  );

  it(
    "is a certificate where the API cannot be reached, when it goes into a seed",
    withOperated(async (operated) => {
      operated.fake.down.set("10.0.0.10:6443", unreachable);
      await expect(mint(operated)).rejects.toBeInstanceOf(ToolError);
      await expect(mint(operated, { node: "w1" })).rejects.toMatchObject({
        details: { hint: expect.stringContaining("--offline --node w1") as string },
      });
      expect(await mint(operated, { node: "w1", render: true })).toContain("joins with a certificate");
      expect(operated.notes.join("\n")).toContain("cannot be reached");
    }),
  );

  it(
    "is no certificate where somebody else answers",
    withOperated(async (operated) => {
      operated.fake.down.set("10.0.0.10:6443", { kind: "untrusted", message: "self-signed certificate" });
      await expect(mint(operated, { node: "w1", render: true })).rejects.toMatchObject({
        details: { hint: expect.stringContaining("another cluster") as string },
      });
    }),
  );

  it(
    "is refused for whom it does nothing",
    withOperated(async (operated) => {
      await expect(mint(operated, { node: "lb1" })).rejects.toMatchObject(code("token/does-not-join"));
      await expect(mint(operated, { node: "w2" })).rejects.toMatchObject(code("node/unknown"));
      await expect(mint(operated, { offline: true })).rejects.toBeInstanceOf(UsageError);
      expect(operated.fake.asked).toEqual([]);
    }),
  );

  it(
    "says what it is, for programs",
    withOperated(async (operated) => {
      const json = async (more: Partial<TokenOptions>): Promise<unknown> =>
        JSON.parse(await mint(operated, { json: true, ...more }));
      expect(await json({})).toMatchObject({ kind: "token", token: expect.stringMatching(form) as string });
      const rendered = await json({ render: true, node: "cp1" });
      expect(rendered).toMatchObject({ kind: "token", rendered: ["cp1", "cp2", "cp3"] });
      expect(rendered).not.toHaveProperty("token");
      expect(await json({ render: true, node: "w1", offline: true })).toMatchObject({
        kind: "kubeconfig",
        rendered: ["w1"],
      });
    }),
  );
});
