import { createHash } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { unreachable } from "../../tests/support/fake-api.ts";
import { type Operated, operatedText, withOperated } from "../../tests/support/operated-cluster.ts";
import { UsageError } from "../diagnostic.ts";
import { recover, type RecoverOptions } from "./recover.ts";
import { render } from "./render.ts";

const sealedText = operatedText.replace("name: prod", "name: prod\nclusterState: existing");

const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

/** A database of whole pages with its digest behind it, as etcd writes it. */
const snapshotOf = (text: string): Buffer => {
  const database = Buffer.alloc(128 * 1024, "x");
  database.write(text, 65_530);
  return Buffer.concat([database, sha256(database)]);
};

interface Lost extends Operated {
  readonly snapshot: string;
}

/** With its quorum lost, and a snapshot from before. */
const withLost = (use: (lost: Lost) => Promise<void>, text = sealedText) =>
  withOperated(async (operated) => {
    operated.fake.down.set("10.0.0.10:6443", unreachable);
    const snapshot = join(operated.folder, "snapshot.db");
    const { values } = await operated.secrets();
    await writeFile(snapshot, snapshotOf(values["ca.crt"]));
    await use({ ...operated, snapshot });
  }, text);

const run = ({ io, common, snapshot }: Lost, more: Partial<RecoverOptions> = {}): Promise<string> =>
  recover(io, { ...common, node: "cp2", snapshot, ttl: "24h", dryRun: false, yes: true, ...more });

const code = (name: string) => ({ diagnostics: [{ code: `recover/${name}` }] });

const drive = ({ common }: Lost, node = "cp2"): string => join(common.output, "prod", node, "recovery.iso");

const nothingWritten = async (lost: Lost): Promise<void> => {
  await expect(stat(join(lost.common.output, "prod"))).rejects.toThrow("ENOENT");
};

describe("kimg recover", { timeout: 60_000 }, () => {
  it(
    "orders one master to restore the snapshot, and gives it the drive",
    withLost(async (lost) => {
      const said = await run(lost);
      expect(said).toMatch(/1\. Switch off cp1, cp3[^]*2\. Give cp2 a new image[^]*5\. Then kimg render/);
      const bytes = await readFile(lost.snapshot);
      const order = JSON.parse(await lost.seed("cp2/files/etc/kimg/recover.json")) as object;
      expect(order).toEqual({
        version: 1,
        id: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        label: "KIMG_RECOVERY",
        file: "snapshot.db",
        path: "/var/lib/cloud/seed/nocloud-recovery/snapshot.db",
        sha256: sha256(bytes).toString("hex"),
        expires: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
        others: ["cp1", "cp3"],
      });
      const image = await readFile(drive(lost));
      expect((await stat(drive(lost))).mode & 0o777).toBe(0o600);
      expect(image.toString("latin1", 16 * 2048 + 40, 16 * 2048 + 53)).toBe("KIMG_RECOVERY");
      expect(image.includes(bytes)).toBe(true);
      expect(await lost.seed("cp2/nocloud/user-data")).toContain("/etc/kimg/recover.json");
      for (const other of ["cp1", "cp3", "w1"])
        expect(await lost.seed(`${other}/nocloud/user-data`)).not.toContain("recover.json");
    }),
  );

  it.each(["cp1", "cp2"])(
    "%s gets kubeadm's configuration for a control plane, with the masters' token alone",
    (node) =>
      withLost(async (lost) => {
        await run(lost, { node });
        const text = await lost.seed(`${node}/files/etc/kimg/kubeadm/init.yaml`);
        const [init, cluster, kubelet, proxy] = parseAllDocuments(text).map((each) => each.toJS() as object);
        const { values } = await lost.secrets();
        expect(init).toMatchObject({
          kind: "InitConfiguration",
          bootstrapTokens: [{ token: values["master-token"] }],
          localAPIEndpoint: { advertiseAddress: node === "cp1" ? "10.0.0.21" : "10.0.0.22" },
          nodeRegistration: { name: node },
        });
        expect(cluster).toMatchObject({ kind: "ClusterConfiguration", controlPlaneEndpoint: "10.0.0.10:6443" });
        expect([kubelet, proxy]).toMatchObject([{ kind: "KubeletConfiguration" }, { kind: "KubeProxyConfiguration" }]);
        expect(text).not.toContain(values["worker-token"]);
      })(),
  );

  it(
    "is taken back by the next render, drive and all",
    withLost(async (lost) => {
      await render(lost.io, lost.common);
      const before = await lost.seed("cp2/nocloud/user-data");
      await run(lost);
      expect(await lost.seed("cp2/nocloud/user-data")).not.toBe(before);
      await render(lost.io, lost.common);
      expect(await lost.seed("cp2/nocloud/user-data")).toBe(before);
      await expect(stat(drive(lost))).rejects.toThrow("ENOENT");
    }),
  );

  it(
    "on another master takes the order away from the first",
    withLost(async (lost) => {
      await run(lost);
      await run(lost, { node: "cp3" });
      await expect(stat(drive(lost))).rejects.toThrow("ENOENT");
      await expect(lost.seed("cp2/files/etc/kimg/recover.json")).rejects.toThrow("ENOENT");
      expect((await stat(drive(lost, "cp3"))).size).toBeGreaterThan(128 * 1024);
    }),
  );

  it.each(["recovery.iso", "nocloud/meta-data"])("writes nothing when somebody's %s is in the way", (name) =>
    withLost(async (lost) => {
      await render(lost.io, lost.common);
      const list = await lost.seed(".kimg-render.json");
      const place = join(lost.common.output, "prod/cp2", name);
      await writeFile(place, "mine");
      for (const dryRun of [true, false])
        await expect(run(lost, { dryRun })).rejects.toMatchObject({ diagnostics: [{ code: "render/not-ours" }] });
      expect(await lost.seed("cp2/nocloud/user-data")).not.toContain("recover.json");
      expect(await lost.seed(".kimg-render.json")).toBe(list);
      expect(await readFile(place, "utf8")).toBe("mine");
    })(),
  );

  it(
    "does nothing but look when it is only to say what it would do, or the person does not want it",
    withLost(async (lost) => {
      expect(await run(lost, { dryRun: true })).toMatch(/^cp2: nothing was done. It would be:/);
      const questions: string[] = [];
      const ask = (question: string): Promise<string> => {
        questions.push(question);
        return Promise.resolve("n");
      };
      expect(await run(lost, { yes: false, ask })).toContain("nothing was done");
      expect(questions[0]).toMatch(/will be lost; cp1, cp3 must be switched off or re-imaged first/);
      await expect(run(lost, { yes: false })).rejects.toBeInstanceOf(UsageError);
      await nothingWritten(lost);
    }),
  );

  it(
    "says what it has done, for programs",
    withLost(async (lost) => {
      const { size } = await stat(lost.snapshot);
      expect(JSON.parse(await run(lost, { json: true }))).toMatchObject({
        node: "cp2",
        done: true,
        snapshot: { file: lost.snapshot, size },
        others: ["cp1", "cp3"],
        drive: drive(lost),
      });
      expect(JSON.parse(await run(lost, { json: true, dryRun: true }))).toMatchObject({ done: false });
    }),
  );

  it(
    "refuses what is no whole snapshot",
    withLost(async (lost) => {
      const whole = await readFile(lost.snapshot);
      const damaged = Buffer.from(whole);
      damaged[70_000] = 0;
      for (const [bytes, name] of [
        [damaged, "damaged"],
        [whole.subarray(0, -32), "no-digest"],
        [whole.subarray(0, 5000), "no-digest"],
        [whole.subarray(512), "damaged"],
        [Buffer.alloc(32), "no-digest"],
        [Buffer.alloc(0), "no-digest"],
      ] as const) {
        await writeFile(lost.snapshot, bytes);
        await expect(run(lost)).rejects.toMatchObject(code(name));
      }
      await expect(run(lost, { snapshot: "nowhere.db" })).rejects.toMatchObject(code("no-snapshot"));
      await expect(run(lost, { snapshot: lost.folder })).rejects.toMatchObject(code("no-snapshot"));
      await nothingWritten(lost);
    }),
  );

  it(
    "warns of a snapshot in which nothing is of this cluster",
    withLost(async (lost) => {
      await run(lost, { dryRun: true });
      expect(lost.notes.join("\n")).not.toContain("another cluster's snapshot");
      await writeFile(lost.snapshot, snapshotOf("another one's"));
      await run(lost, { dryRun: true });
      expect(lost.notes.join("\n")).toContain("another cluster's snapshot");
    }),
  );

  it(
    "refuses while the cluster answers",
    withLost(async (lost) => {
      lost.fake.down.clear();
      await expect(run(lost)).rejects.toMatchObject(code("still-alive"));
      lost.fake.statuses.set("/api/v1/nodes", 500);
      expect(await run(lost, { dryRun: true })).toContain("nothing was done");
      expect(lost.notes.join("\n")).toContain("no answer of the cluster at https://10.0.0.10:6443: 500");
    }),
  );

  it(
    "refuses whoever is no master, and a cluster that is not sealed",
    withLost(async (lost) => {
      for (const node of ["w1", "lb1"]) await expect(run(lost, { node })).rejects.toMatchObject(code("no-master"));
      await expect(run(lost, { node: "cp9" })).rejects.toMatchObject({ diagnostics: [{ code: "node/unknown" }] });
      await writeFile(lost.cluster, operatedText);
      await expect(run(lost)).rejects.toMatchObject(code("not-sealed"));
      await nothingWritten(lost);
    }),
  );

  it(
    "keeps the user's own settings of kubeadm",
    withLost(async (lost) => {
      await run(lost);
      const [init] = parseAllDocuments(await lost.seed("cp2/files/etc/kimg/kubeadm/init.yaml"));
      expect(init?.toJS()).toMatchObject({ nodeRegistration: { ignorePreflightErrors: ["Swap"] } });
      const resolved = await lost.seed("cluster.resolved.yaml");
      expect(parse(resolved)).toMatchObject({ state: "existing" });
      expect(resolved).not.toContain("InitConfiguration:\n      bootstrapTokens");
    }, `${sealedText}kubeadm: { InitConfiguration: { nodeRegistration: { ignorePreflightErrors: [Swap] } } }\n`),
  );
});
