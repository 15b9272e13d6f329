import { X509Certificate } from "node:crypto";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { answer, type FakeNode, node, unreachable } from "../../tests/support/fake-api.ts";
import { type Operated, operatedText, withOperated } from "../../tests/support/operated-cluster.ts";
import { ToolError, UsageError } from "../diagnostic.ts";
import type { TlsAnswer, TlsFailure } from "../edge/io.ts";
import type { Json } from "../model.ts";
import { printSecrets } from "../secrets/document.ts";
import { encryptText } from "../secrets/encryption.ts";
import { render } from "./render.ts";
import { replace, type ReplaceOptions } from "./replace.ts";
import { secrets } from "./secrets.ts";

const run = ({ io, common }: Operated, name: string, more: Partial<ReplaceOptions> = {}) =>
  replace(io, { ...common, node: name, ttl: "24h", dryRun: false, yes: true, ...more });

const register = ({ fake }: Operated, name: string, more: FakeNode): void => {
  const items = (fake.objects.get("/api/v1/nodes")?.["items"] ?? []) as readonly Json[];
  const others = items.filter(({ metadata }) => (metadata as Json)["name"] !== name);
  fake.objects.set("/api/v1/nodes", { items: [...others, node(name, { master: name.startsWith("cp"), ...more })] });
};

/** Switched off: silent, and its kubelet as well. */
const kill = (operated: Operated, name: string): void => {
  const index = name.at(-1);
  operated.fake.down.set(`10.0.0.2${index}:2379`, unreachable);
  operated.fake.down.set(`10.0.0.2${index}:6443`, unreachable);
  register(operated, name, { ready: false });
};

const nodeNames = ({ fake }: Operated): readonly unknown[] =>
  ((fake.objects.get("/api/v1/nodes")?.["items"] ?? []) as readonly Json[]).map(
    ({ metadata }) => (metadata as Json)["name"],
  );

const memberNames = ({ fake }: Operated): readonly unknown[] => fake.members.map(({ name }) => name);

const changes = ({ fake }: Operated): readonly string[] =>
  fake.asked.filter((each) => !each.startsWith("GET ") && !/member\/list|maintenance/.test(each));

const code = (name: string) => ({ diagnostics: [{ code: name }] });

describe("kimg replace", { timeout: 60_000 }, () => {
  it(
    "removes member and node, mints a token, and renders the seed with it",
    withOperated(async (operated) => {
      kill(operated, "cp2");
      const before = (await operated.secrets()).values["master-token"];
      const said = await run(operated, "cp2");
      expect(said).toMatch(/^cp2 can be replaced:\n {2}remove the etcd member cp2/);
      expect(said).toContain("build/prod/cp2");
      expect(memberNames(operated)).toEqual(["cp1", "cp3"]);
      expect(nodeNames(operated)).toEqual(["cp1", "cp3", "w1"]);
      const { values } = await operated.secrets();
      expect(values["master-token"]).not.toBe(before);
      expect(await operated.seed("cp2/files/etc/kimg/kubeadm/join.yaml")).toContain(values["master-token"]);
      expect(`${said}${operated.notes.join()}`).not.toContain(values["master-token"]);
    }),
  );

  it(
    "shows etcd a certificate of etcd's own authority, and asks for the master's name",
    withOperated(async (operated) => {
      kill(operated, "cp2");
      await run(operated, "cp2", { dryRun: true });
      const { values } = await operated.secrets();
      const asked = operated.fake.calls.filter(({ url }) => url.includes(":2379/v3/cluster"));
      expect(asked.length).toBeGreaterThan(0);
      for (const { url, authority, certificate, serverName } of asked) {
        expect(authority).toBe(values["etcd-ca.crt"]);
        const issuer = new X509Certificate(values["etcd-ca.crt"]);
        expect(new X509Certificate(certificate).verify(issuer.publicKey)).toBe(true);
        expect(`https://10.0.0.2${serverName?.at(-1)}:2379/v3/cluster/member/list`).toBe(url);
      }
    }),
  );

  it(
    "does nothing but look when it is only to say what it would do, or the person does not want it",
    withOperated(async (operated) => {
      kill(operated, "cp2");
      const { ask, asked } = person("n");
      expect(await run(operated, "cp2", { dryRun: true })).toContain("nothing was done. It would be:");
      expect(await run(operated, "cp2", { yes: false, ask })).toContain("nothing was done");
      await expect(run(operated, "cp2", { yes: false })).rejects.toBeInstanceOf(UsageError);
      expect(asked[0]).toMatch(/remove the etcd member cp2[^]*delete the node cp2[^]*mint a master-token/);
      expect(changes(operated)).toEqual([]);
      expect(await run(operated, "cp2", { yes: false, ask: person("yes").ask })).toContain("can be replaced");
    }),
  );

  it(
    "finishes what was stopped half-way",
    withOperated(async (operated) => {
      kill(operated, "cp2");
      operated.fake.statuses.set("/api/v1/nodes/cp2", 500);
      await expect(run(operated, "cp2")).rejects.toBeInstanceOf(ToolError);
      expect(memberNames(operated)).toEqual(["cp1", "cp3"]);
      operated.fake.statuses.clear();
      const { steps } = JSON.parse(await run(operated, "cp2", { json: true })) as { steps: string[] };
      expect(steps.map((step) => step.split(" ")[0])).toEqual(["delete", "mint"]);
      const again = JSON.parse(await run(operated, "cp2", { json: true })) as { steps: string[] };
      expect(again.steps.map((step) => step.split(" ")[0])).toEqual(["mint"]);
    }),
  );

  it(
    "changes nothing when the seeds cannot be written",
    withOperated(async (operated) => {
      kill(operated, "cp2");
      await render(operated.io, operated.common);
      const before = [await operated.secrets(), await operated.seed("cp2/nocloud/meta-data")];
      await appendFile(join(operated.common.output, "prod/cp3/nocloud/meta-data"), "edited");
      for (const dryRun of [true, false])
        await expect(run(operated, "cp2", { dryRun })).rejects.toMatchObject(code("render/not-ours"));
      expect(changes(operated)).toEqual([]);
      expect([await operated.secrets(), await operated.seed("cp2/nocloud/meta-data")]).toEqual(before);
    }),
  );

  it(
    "of a load balancer writes its seed alone",
    withOperated(async (operated) => {
      await render(operated.io, operated.common);
      await appendFile(join(operated.common.output, "prod/cp3/nocloud/meta-data"), "edited");
      expect(await run(operated, "lb1")).toContain("lb1 can be replaced");
      await appendFile(join(operated.common.output, "prod/lb1/nocloud/meta-data"), "edited");
      await expect(run(operated, "lb1", { dryRun: true })).rejects.toMatchObject(code("render/not-ours"));
    }),
  );

  it(
    "begins with the secrets file as it is when the person has answered",
    withOperated(async (operated) => {
      const { io, cluster } = operated;
      kill(operated, "cp2");
      const { values } = await operated.secrets();
      const rotating = async (): Promise<string> => {
        await secrets(io, { cluster, libraries: [], rotate: "vrrp-password" });
        return "y";
      };
      await run(operated, "cp2", { yes: false, ask: rotating });
      const kept = await operated.secrets();
      expect(kept.values["vrrp-password"]).not.toBe(values["vrrp-password"]);
      expect(kept.values["master-token"]).not.toBe(values["master-token"]);
    }),
  );

  it(
    "changes nothing when the secrets file was encrypted while it asked",
    withOperated(async (operated) => {
      kill(operated, "cp2");
      const file = join(operated.folder, "cluster.secrets.yaml");
      const encrypted = await encryptText(printSecrets(await operated.secrets()), "horse", 2);
      const encrypting = async (): Promise<string> => {
        await operated.io.files.write(file, encrypted);
        return "y";
      };
      const refused = run(operated, "cp2", { yes: false, ask: encrypting });
      await expect(refused).rejects.toMatchObject(code("secrets/changed"));
      expect(changes(operated)).toEqual([]);
      expect(await readFile(file, "utf8")).toBe(encrypted);
    }),
  );

  it(
    "asks another master when one is silent",
    withOperated(async (operated) => {
      kill(operated, "cp3");
      operated.fake.down.set("10.0.0.21:2379", unreachable);
      await expect(run(operated, "cp3")).rejects.toMatchObject(code("replace/no-quorum"));
      operated.fake.down.delete("10.0.0.21:2379");
      expect(await run(operated, "cp3", { json: true })).toContain('"done": true');
    }),
  );

  it(
    "never touches what lives",
    withOperated(async (operated) => {
      await expect(run(operated, "cp2")).rejects.toMatchObject(code("replace/still-alive"));
      await expect(run(operated, "w1")).rejects.toMatchObject(code("replace/still-alive"));
      kill(operated, "cp2");
      operated.fake.down.delete("10.0.0.22:2379");
      await expect(run(operated, "cp2")).rejects.toMatchObject(code("replace/still-alive"));
      expect(changes(operated)).toEqual([]);
    }),
  );

  it.each<[string, TlsAnswer | TlsFailure, string]>([
    ["has no leader", answer(200, { leader: "0" }), "it has no leader"],
    ["has no leader, which etcd leaves out", answer(200, {}), "it has no leader"],
    ["says so", answer(503, { code: 14, message: "etcdserver: no leader" }), "503: etcdserver: no leader"],
    ["speaks no JSON", answer(200, "<html>"), "200: <html>"],
    ["is not to be trusted", { kind: "untrusted", message: "self-signed certificate" }, "self-signed certificate"],
    [
      "takes the connection and is silent",
      { kind: "unreachable", message: "no answer within 10 s", connected: true },
      "no answer within 10 s",
    ],
  ])("leaves a machine its member that %s", (_case, reply, words) =>
    withOperated(async (operated) => {
      kill(operated, "cp2");
      operated.fake.down.set("10.0.0.22:2379", reply);
      const message = `at https://10.0.0.22:2379, where the etcd member of cp2 belongs, somebody answers: ${words}`;
      await expect(run(operated, "cp2")).rejects.toMatchObject({
        diagnostics: [{ code: "replace/still-alive", message }],
      });
      expect(changes(operated)).toEqual([]);
    })(),
  );

  it(
    "asks another master when one speaks no JSON",
    withOperated(async (operated) => {
      kill(operated, "cp2");
      operated.fake.down.set("10.0.0.21:2379", answer(200, "<html>"));
      operated.fake.down.set("10.0.0.23:2379", answer(200, "[]"));
      await expect(run(operated, "cp2")).rejects.toBeInstanceOf(ToolError);
      operated.fake.down.delete("10.0.0.23:2379");
      await expect(run(operated, "cp2")).rejects.toMatchObject(code("replace/no-quorum"));
    }),
  );

  it(
    "leaves another's learner alone that has the address which the dead one's Node had last",
    withOperated(async (operated) => {
      kill(operated, "cp2");
      register(operated, "cp2", { ready: false, addresses: ["10.0.0.12"] });
      operated.fake.members.unshift({ ID: "9", peerURLs: ["https://10.0.0.12:2380"], isLearner: true });
      await run(operated, "cp2");
      expect(operated.fake.members.map(({ ID }) => ID)).toEqual(["9", "11", "13"]);
      register(operated, "cp2", { ready: false, addresses: ["10.0.0.12"] });
      await run(operated, "cp2");
      expect(operated.fake.members.map(({ ID }) => ID)).toEqual(["9", "11", "13"]);
    }),
  );

  it(
    "does nothing to a machine that came back while it asked",
    withOperated(async (operated) => {
      kill(operated, "cp2");
      const back = () => {
        operated.fake.down.clear();
        register(operated, "cp2", { ready: true });
        return Promise.resolve("y");
      };
      await expect(run(operated, "cp2", { yes: false, ask: back })).rejects.toMatchObject(code("replace/still-alive"));
      expect(changes(operated)).toEqual([]);
    }),
  );

  it(
    "does nothing that was not asked",
    withOperated(async (operated) => {
      kill(operated, "cp2");
      const ask = () => {
        operated.fake.members.splice(1, 1);
        return Promise.resolve("y");
      };
      await expect(run(operated, "cp2", { yes: false, ask })).rejects.toMatchObject(code("replace/changed"));
      expect(changes(operated)).toEqual([]);
    }),
  );

  it(
    "deletes no Node but the one that it has seen",
    withOperated(async (operated) => {
      kill(operated, "w1");
      const { io, fake } = operated;
      const call: typeof io.network.call = (made) => {
        if (made.method === "DELETE") fake.objects.set("/api/v1/nodes", { items: [node("w1", { uid: "another" })] });
        return io.network.call(made);
      };
      const late = { ...operated, io: { ...io, network: { ...io.network, call } } };
      await expect(run(late, "w1")).rejects.toMatchObject({ details: { tail: "409: another UID" } });
      expect(nodeNames(operated)).toEqual(["w1"]);
    }),
  );

  it(
    "says that the quorum is gone, which is why the API does not answer",
    withOperated(async (operated) => {
      kill(operated, "cp2");
      kill(operated, "cp3");
      operated.fake.down.set("10.0.0.10:6443", { kind: "unreachable", message: "no answer within 8 s" });
      await expect(run(operated, "cp2")).rejects.toMatchObject(code("replace/no-quorum"));
      operated.fake.down.delete("10.0.0.23:2379");
      await expect(run(operated, "cp2")).rejects.toBeInstanceOf(ToolError);
      expect(changes(operated)).toEqual([]);
    }),
  );

  it(
    "does not ask etcd about a worker, nor the cluster about a load balancer",
    withOperated(async (operated) => {
      kill(operated, "w1");
      operated.fake.objects.set("/api/v1/nodes", { items: [node("w1", { ready: false })] });
      await run(operated, "w1");
      expect(operated.fake.asked.filter((each) => each.includes(":2379"))).toEqual([]);
      operated.fake.asked.length = 0;
      expect(await run(operated, "lb1")).toContain("lb1 can be replaced");
      expect(operated.fake.asked).toEqual([]);
    }),
  );

  it(
    "refuses the seed that could make a second cluster, until the cluster is sealed",
    withOperated(async (operated) => {
      kill(operated, "cp1");
      await expect(run(operated, "cp1")).rejects.toMatchObject(code("replace/not-sealed"));
      await operated.io.files.write(
        operated.cluster,
        operatedText.replace("name: prod", "name: prod\nclusterState: existing"),
      );
      expect(await run(operated, "cp1")).toContain("cp1 can be replaced");
      expect(await operated.seed("cp1/nocloud/meta-data")).toContain("cluster_state: existing");
    }),
  );

  it(
    "refuses a pool, and a name that is not there",
    withOperated(async (operated) => {
      await expect(run(operated, "workers")).rejects.toMatchObject(code("replace/pool"));
      await expect(run(operated, "cp9")).rejects.toMatchObject(code("node/unknown"));
    }, `${operatedText}pools: [{ name: workers, role: worker, count: 2 }]\n`),
  );
});

const person = (said: string) => {
  const asked: string[] = [];
  const ask = (question: string): Promise<string> => {
    asked.push(question);
    return Promise.resolve(said);
  };
  return { ask, asked };
};
