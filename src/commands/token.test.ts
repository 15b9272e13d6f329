import { createHash } from "node:crypto";
import { appendFile, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { unreachable } from "../../tests/support/fake-api.ts";
import { type Operated, operatedText, withOperated } from "../../tests/support/operated-cluster.ts";
import { ToolError, UsageError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import { decryptText, encryptText, isEncrypted } from "../secrets/encryption.ts";
import { parseSecrets, printSecrets } from "../secrets/document.ts";
import { render } from "./render.ts";
import { secrets } from "./secrets.ts";
import { token, type TokenOptions } from "./token.ts";
import { adoptFile } from "./write-tree.ts";

const mint = ({ io, common }: Operated, more: Partial<TokenOptions> = {}) =>
  token(io, { ...common, ttl: "2h", offline: false, render: false, ...more });

const code = (name: string) => ({ diagnostics: [{ code: name }] });

const form = /^[a-z0-9]{6}\.[a-z0-9]{16}$/;
const joinOf = (node: string): string => `${node}/files/etc/kimg/kubeadm/join.yaml`;

const twoWorkers = `${operatedText}  - { name: w2, role: worker, address: 10.0.0.32 }\n`;

/** `work` goes before the API's answer to a POST. */
const duringPost = (io: Io, work: () => Promise<void>): Io => {
  const call: Io["network"]["call"] = async (made) => {
    if (made.method === "POST") await work();
    return io.network.call(made);
  };
  return { ...io, network: { ...io.network, call } };
};

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
    "keeps what other commands do to the secrets file meanwhile",
    withOperated(async ({ io: real, common, folder, fake, notes, ...operated }) => {
      const file = `${folder}/cluster.secrets.yaml`;
      const before = await operated.secrets();
      const trust = { cluster: common.cluster, libraries: [] };
      const io = { ...real, environment: { KIMG_PASSPHRASE: "horse" } };
      let others: Promise<unknown> = Promise.resolve();
      let done = false;
      const doneOrWaiting = (): boolean => done || notes.join().includes("waiting for another kimg that changes");
      const minting = duringPost(io, async () => {
        others = secrets(io, { ...trust, rotate: "vrrp-password" })
          .then(() => secrets(io, { ...trust, encrypt: true }))
          .finally(() => (done = true));
        await expect.poll(doneOrWaiting, { timeout: 30_000 }).toBe(true);
      });
      await token(minting, { ...common, ttl: "2h", offline: false, render: true });
      await others;
      const { values } = parseSecrets(await decryptText(await readFile(file), "horse", file), file);
      expect(values["vrrp-password"]).not.toBe(before.values["vrrp-password"]);
      const id = values["worker-token"].slice(0, 6);
      expect(fake.objects.has(`/api/v1/namespaces/kube-system/secrets/bootstrap-token-${id}`)).toBe(true);
      expect(await operated.seed(joinOf("w1"))).toContain(values["worker-token"]);
    }),
  );

  it(
    "is not minted when the seeds that it goes into cannot be written",
    withOperated(async (operated) => {
      await render(operated.io, operated.common);
      const before = await operated.secrets();
      await appendFile(`${operated.common.output}/prod/w2/nocloud/meta-data`, "edited");
      await expect(mint(operated, { render: true })).rejects.toMatchObject(code("render/not-ours"));
      expect(operated.fake.asked.filter((each) => each.startsWith("POST"))).toEqual([]);
      expect(await operated.secrets()).toEqual(before);
      expect(await mint(operated, { render: true, node: "cp2" })).toContain("master-token");
    }, twoWorkers),
  );

  it(
    "changes no other seed than those it goes into",
    withOperated(async (operated) => {
      const { io, common } = operated;
      await render(io, common);
      const drive = `${common.output}/prod/cp2/recovery.iso`;
      await adoptFile(
        io,
        `${common.output}/prod`,
        "cp2/recovery.iso",
        createHash("sha256").update("drive").digest("hex"),
      );
      await io.files.write(drive, "drive");
      const said = await mint(operated, { offline: true, node: "w1", render: true });
      expect(said).toMatch(/\/build\/prod: seeds of w1 \(\d+ files written, 0 removed\)/);
      await mint(operated, { offline: true, node: "w2", render: true });
      for (const node of ["w1", "w2"])
        expect(await operated.seed(`${node}/files/etc/kimg/kubeadm/bootstrap.conf`)).toContain(
          `system:bootstrap:${node}`,
        );
      await mint(operated, { render: true });
      expect(await operated.seed(joinOf("w1"))).toContain("bootstrapToken");
      expect(await readFile(drive, "utf8")).toBe("drive");
    }, twoWorkers),
  );

  it(
    "of workers goes into the init node's seed too, which makes it known to a new cluster",
    withOperated(async (operated) => {
      await mint(operated, { render: true });
      const { values } = await operated.secrets();
      expect(await operated.seed("cp1/nocloud/meta-data")).toContain(`worker_token: ${values["worker-token"]}`);
    }),
  );

  it(
    "offline is a kubeconfig of the group that joins nodes",
    withOperated(async (operated) => {
      await render(operated.io, operated.common);
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
