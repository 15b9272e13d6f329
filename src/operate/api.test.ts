import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { fakeApi, node, unreachable } from "../../tests/support/fake-api.ts";
import { clusterOf, testOnlySecrets } from "../../tests/support/render-case.ts";
import { ToolError } from "../diagnostic.ts";
import { startProgress } from "../edge/progress.ts";
import { systemIo } from "../edge/system-io.ts";
import type { Json } from "../model.ts";
import { openApi } from "./api.ts";

const cluster = await clusterOf(`version: 1
name: prod
network: { nodes: 10.0.0.0/24 }
nodes: [{ name: cp1, role: master-init, address: 10.0.0.21 }]
`);
const secrets = await testOnlySecrets("prod");
const world = systemIo(startProgress("quiet"), new AbortController().signal);

const opened = async (server?: string) => {
  const fake = fakeApi(world);
  return { fake, api: await openApi(fake.io, cluster, secrets, server) };
};

const failure = async (work: Promise<unknown>): Promise<ToolError> => {
  const error = await work.catch((reason: unknown) => reason);
  if (error instanceof ToolError) return error;
  throw new Error(`expected a ToolError, not ${String(error)}`);
};

describe("the API's client", () => {
  it("is an administrator for an hour or two, and asks the cluster's CA for the host", async () => {
    const { fake, api } = await opened("https://localhost:7443");
    await api.get("/version");
    const [call] = fake.calls;
    const certificate = new X509Certificate(call?.certificate ?? "");
    expect(certificate.subject).toBe("O=kubeadm:cluster-admins\nCN=kimg");
    expect(new Date(certificate.validTo).getTime() - Date.now()).toBeLessThanOrEqual(2 * 3_600_000);
    expect(call).toMatchObject({
      url: "https://localhost:7443/version",
      serverName: "kubernetes",
      authority: secrets.values["ca.crt"],
    });
    expect(api.certificateEnds()).toEqual(new Date("2026-12-01T00:00:00Z"));
  });

  it("reads what is there, and knows what is not", async () => {
    const { api } = await opened();
    expect(await api.get("/version")).toEqual({ gitVersion: "v1.37.2" });
    expect(await api.get("/api/v1/nodes/none")).toBeUndefined();
    expect(await api.remove("/api/v1/nodes/none", "1")).toBe(false);
  });

  it("removes what was looked at, and not another of its name", async () => {
    const { fake, api } = await opened();
    fake.objects.set("/api/v1/nodes", { items: [node("a", { uid: "2" })] });
    expect((await failure(api.remove("/api/v1/nodes/a", "1"))).details).toMatchObject({
      tail: "409: another UID",
      hint: expect.stringContaining("again") as string,
    });
    expect(await api.remove("/api/v1/nodes/a", "2")).toBe(true);
  });

  it("reads a list to its end", async () => {
    const { fake, api } = await opened();
    const names = ["a", "b", "c", "d", "e"];
    fake.objects.set("/api/v1/nodes", { items: names.map((name) => node(name)) });
    expect((await api.list("/api/v1/nodes")).map(({ metadata }) => (metadata as Json)["name"])).toEqual(names);
    expect(fake.asked).toHaveLength(3);
    expect(fake.asked[1]).toMatch(/limit=500&continue=2$/);
  });

  it("makes things once", async () => {
    const { api } = await opened();
    const object = { metadata: { name: "a" } };
    expect([await api.create("/api/v1/x", object), await api.create("/api/v1/x", object)]).toEqual([true, false]);
  });

  it.each([
    [401, /clock/],
    [403, /ClusterRoleBinding/],
  ])("says what %i means", async (status, hint) => {
    const { fake, api } = await opened();
    fake.statuses.set("/version", status);
    const { details, doing } = await failure(api.get("/version"));
    expect(doing).toBe("asking the API at https://10.0.0.21:6443 (GET /version)");
    expect(details.tail).toBe(`${status}: told to answer ${status}`);
    expect(details.hint).toMatch(hint);
  });

  it("says that nobody answers, and that somebody else does", async () => {
    const { fake, api } = await opened();
    fake.down.set("10.0.0.21:6443", unreachable);
    expect(await api.unreachable()).toBe("connect ECONNREFUSED");
    expect((await failure(api.get("/version"))).details.hint).toContain("--server");
    fake.down.set("10.0.0.21:6443", { kind: "untrusted", message: "self-signed certificate" });
    expect(await api.unreachable()).toBeUndefined();
    expect((await failure(api.get("/version"))).details.hint).toContain("another cluster");
  });
});
