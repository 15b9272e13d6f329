// The operator's commands against upstream's own API server, etcd and kubeadm, and their certificates under OpenSSL's eyes.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { kubeconfig } from "../../src/commands/kubeconfig.ts";
import { replace } from "../../src/commands/replace.ts";
import { secrets } from "../../src/commands/secrets.ts";
import { status } from "../../src/commands/status.ts";
import { token } from "../../src/commands/token.ts";
import { loadTrustedCluster } from "../../src/commands/trusted-cluster.ts";
import { shippedFolder } from "../../src/content.ts";
import { DiagnosticError, ToolError } from "../../src/diagnostic.ts";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { openEtcd } from "../../src/operate/etcd.ts";
import { renderCluster } from "../../src/render/render.ts";
import { type ControlPlane, eventually, startControlPlane } from "../support/control-plane.ts";
import { suppliedPrograms } from "../support/supplied-programs.ts";

const io = systemIo(startProgress("lines"), new AbortController().signal);
const run = promisify(execFile);

const masters = [
  { name: "cp1", address: "127.0.0.31" },
  { name: "cp2", address: "127.0.0.32" },
  { name: "cp3", address: "127.0.0.33" },
] as const;

const clusterText = `version: 1
name: prod # ours
endpoint: { host: api.example.org }
nodes:
  - { name: cp1, role: master-init }
  - { name: cp2, role: master-join }
  - { name: cp3, role: master-join }
  - { name: w1, role: worker }
`;

let folder: string;
let plane: ControlPlane;
let common: { cluster: string; libraries: readonly string[]; json: boolean };

/** The same as the operator's, with the address that the API really has here. */
const reaching = () => ({ ...common, server: plane.server });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kimg-operate-"));
  const cluster = join(folder, "cluster.yaml");
  await writeFile(cluster, clusterText);
  common = { cluster, libraries: [], json: false };
  await secrets(io, common);
  const trusted = await loadTrustedCluster(io, common);
  const tree = renderCluster(trusted.cluster, trusted.secrets);
  const names = ["etcd", "kube-apiserver", "kube-controller-manager", "kubeadm", "kubectl"] as const;
  const programs = await suppliedPrograms(io, openCache(io, cacheFolder(io.environment)), names);
  plane = await startControlPlane(io, folder, programs, tree, masters, (server) =>
    kubeconfig(io, { ...common, server, user: "root", groups: ["system:masters"], ttl: "1h" }),
  );
  // What `kubeadm init` does after the API server is up.
  await plane.run(
    "kubectl",
    "create",
    "clusterrolebinding",
    "kubeadm:cluster-admins",
    "--clusterrole=cluster-admin",
    "--group=kubeadm:cluster-admins",
  );
  // Nodes are told to come by what is in this file.
  const admin = join(folder, "admin-for-nodes.conf");
  await writeFile(admin, (await readFile(join(folder, "admin.conf"), "utf8")).replace("127.0.0.1", "localhost"));
  const phase = (...words: readonly string[]) =>
    plane.run("kubeadm", "init", "phase", ...words, `--kubeconfig=${admin}`, "--config", plane.configuration);
  await phase("upload-config", "kubeadm");
  await phase("upload-config", "kubelet");
  await phase("bootstrap-token");
});

afterAll(async () => {
  await plane?.stop();
  await rm(folder, { recursive: true, force: true });
});

const decode = (value: string | undefined) => Buffer.from(value ?? "", "base64");

const write = async (name: string, more: { readonly groups: readonly string[]; readonly user?: string }) => {
  const output = join(folder, name);
  await kubeconfig(io, { ...reaching(), user: "alice@example.org", ttl: "8h", ...more, output });
  return output;
};

describe("kimg kubeconfig", () => {
  it("is who it says, to the API server", async () => {
    const file = await write("alice.conf", { groups: ["kubeadm:cluster-admins", "Büro"] });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const who = await plane.run("kubectl", `--kubeconfig=${file}`, "auth", "whoami", "-o", "json");
    expect(JSON.parse(who)).toMatchObject({
      status: {
        userInfo: {
          username: "alice@example.org",
          groups: ["kubeadm:cluster-admins", "Büro", "system:authenticated"],
        },
      },
    });
    await plane.run("kubectl", `--kubeconfig=${file}`, "get", "nodes");
  });

  it("gives no more than its groups may do", async () => {
    const file = await write("bob.conf", { groups: ["nobody"] });
    await expect(plane.run("kubectl", `--kubeconfig=${file}`, "get", "nodes")).rejects.toThrow("forbidden");
  });

  it("passes OpenSSL's strict verification, as a client and nothing else, for the time given", async () => {
    const file = await write("carol.conf", { groups: ["dev"], user: "carol" });
    const { users, clusters } = parse(await readFile(file, "utf8")) as {
      users: { user: Record<string, string> }[];
      clusters: { cluster: Record<string, string> }[];
    };
    const [certificate, authority] = [join(folder, "carol.crt"), join(folder, "ca.crt")];
    await writeFile(certificate, decode(users[0]?.user["client-certificate-data"]));
    await writeFile(authority, decode(clusters[0]?.cluster["certificate-authority-data"]));
    const verify = (purpose: string) =>
      run("openssl", ["verify", "-x509_strict", "-purpose", purpose, "-CAfile", authority, certificate]);
    expect((await verify("sslclient")).stdout).toContain("OK");
    await expect(verify("sslserver")).rejects.toThrow(/certificate purpose|unsuitable/);
    const { stdout } = await run("openssl", [
      "x509",
      "-in",
      certificate,
      "-noout",
      "-subject",
      "-startdate",
      "-enddate",
    ]);
    expect(stdout).toContain("O = dev, CN = carol");
    const [, start = "", end = ""] = /notBefore=(.*)\nnotAfter=(.*)\n/.exec(stdout) ?? [];
    expect(new Date(end).getTime() - new Date(start).getTime()).toBe((8 * 60 + 5) * 60_000);
  });
});

/** What kubeadm does first on a machine that joins: discovery, and the cluster's configuration. */
const joinPreflight = async (configuration: string): Promise<string> => {
  const file = join(folder, "join.yaml");
  await writeFile(file, configuration);
  return plane.run("kubeadm", "join", "phase", "preflight", "--config", file, "--ignore-preflight-errors=all", "-v1");
};

const renderedFile = (path: string) => readFile(join(folder, "build/prod", path), "utf8");

/** Here the API has another address than the one that nodes know; and nobody waits for ten minutes. */
const here = (text: string): string =>
  text
    .replaceAll("api.example.org:6443", plane.server.replace("https://127.0.0.1", "localhost"))
    .replaceAll(/(discovery|kubernetesAPICall): 10m0s/g, "$1: 20s");

const options = () => ({ ...reaching(), ttl: "2h", offline: false, render: false, output: join(folder, "build") });

describe("kimg token", () => {
  it("prints one that kubeadm accepts as its own", async () => {
    const minted = await token(io, options());
    expect(minted).toMatch(/^[a-z0-9]{6}\.[a-z0-9]{16}$/);
    const listed = await plane.run(
      "kubeadm",
      "token",
      "list",
      `--kubeconfig=${join(folder, "admin.conf")}`,
      "-o",
      "json",
    );
    const found = listed
      .split(/\n(?=\{)/)
      .map((text) => JSON.parse(text) as Record<string, unknown>)
      .find((each) => each["token"] === minted);
    expect(found).toMatchObject({
      usages: ["authentication", "signing"],
      groups: ["system:bootstrappers:kubeadm:default-node-token"],
    });
    const left = new Date(String(found?.["expires"])).getTime() - Date.now();
    expect(left).toBeGreaterThan(115 * 60_000);
    expect(left).toBeLessThanOrEqual(120 * 60_000);
  });

  it("goes into the seeds, and kubeadm discovers the cluster by it", async () => {
    const said = await token(io, { ...options(), node: "w1", render: true });
    const { worker } = await tokens();
    expect(said).not.toContain(worker);
    const configuration = await renderedFile("w1/files/etc/kimg/kubeadm/join.yaml");
    expect(configuration).toContain(worker);
    // The controller manager signs the cluster's public data for it first.
    await eventually(() =>
      plane
        .run(
          "kubectl",
          "-n",
          "kube-public",
          "get",
          "configmap",
          "cluster-info",
          "-o",
          `jsonpath={.data.jws-kubeconfig-${worker.slice(0, 6)}}`,
        )
        .then((text) => expect(text).not.toBe("")),
    );
    const preflight = joinPreflight(here(configuration));
    await expect(preflight).resolves.toContain("[preflight]");
  });

  it("offline is a certificate that kubeadm discovers the cluster by, and a kubelet gets its own certificate with", async () => {
    const said = await token(io, { ...options(), offline: true, node: "w1", render: true });
    expect(said).toContain("the seed of w1 joins with a certificate");
    const configuration = await renderedFile("w1/files/etc/kimg/kubeadm/join.yaml");
    expect(configuration).not.toContain("bootstrapToken");
    const path = "/etc/kimg/kubeadm/bootstrap.conf";
    expect(configuration).toContain(`kubeConfigPath: ${path}`);
    const bootstrap = join(folder, "bootstrap.conf");
    await writeFile(bootstrap, here(await renderedFile(`w1/files${path}`)));
    await expect(joinPreflight(here(configuration).replace(path, bootstrap))).resolves.toContain("[preflight]");
    await requestCertificate(bootstrap, "w1");
  });

  it("offline, when its time is over, is nobody", async () => {
    const expired = { ...io, now: () => new Date(Date.now() - 3 * 3_600_000) };
    const bootstrap = join(folder, "expired.conf");
    await writeFile(bootstrap, here(await token(expired, { ...options(), offline: true, node: "w1" })));
    await expect(plane.run("kubectl", `--kubeconfig=${bootstrap}`, "auth", "whoami")).rejects.toThrow(
      /Unauthorized|logged in/,
    );
  });
});

/** As a kubelet does when it has a bootstrap kubeconfig: the controller manager approves and signs. */
const requestCertificate = async (bootstrap: string, node: string): Promise<void> => {
  const key = join(folder, "kubelet.key");
  const request = join(folder, "kubelet.csr");
  await run("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key]);
  await run("openssl", [
    "req",
    "-new",
    "-key",
    key,
    "-subj",
    `/O=system:nodes/CN=system:node:${node}`,
    "-out",
    request,
  ]);
  const object = {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name: `test-${node}` },
    spec: {
      request: (await readFile(request)).toString("base64"),
      signerName: "kubernetes.io/kube-apiserver-client-kubelet",
      usages: ["digital signature", "client auth"],
    },
  };
  const file = join(folder, "csr.json");
  await writeFile(file, JSON.stringify(object));
  await plane.run("kubectl", `--kubeconfig=${bootstrap}`, "create", "-f", file);
  const signed = () => plane.run("kubectl", "get", "csr", `test-${node}`, "-o", "jsonpath={.status.certificate}");
  const certificate = await eventually(async () => {
    const text = await signed();
    expect(text).not.toBe("");
    return Buffer.from(text, "base64").toString();
  });
  const place = join(folder, "kubelet.crt");
  await writeFile(place, certificate);
  const { stdout } = await run("openssl", ["x509", "-in", place, "-noout", "-subject"]);
  expect(stdout).toContain(`CN = system:node:${node}`);
};

const tokens = async () => {
  const trusted = await loadTrustedCluster(io, common);
  return { worker: trusted.secrets.values["worker-token"], master: trusted.secrets.values["master-token"] };
};

/** What kubelets and controllers would write. */
const standIn = async (): Promise<void> => {
  const now = new Date().toISOString();
  const ready = { type: "Ready", status: "True", reason: "KubeletReady", message: "ok", lastHeartbeatTime: now };
  const nodes = ["cp1", "cp2", "cp3", "w1"].map((name) => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: name === "w1" ? {} : { "node-role.kubernetes.io/control-plane": "" } },
    status: {
      conditions: [ready],
      nodeInfo: { kubeletVersion: "v1.37.2" },
      addresses: masters
        .filter((master) => master.name === name)
        .map(({ address }) => ({ type: "InternalIP", address })),
    },
  }));
  const pods = masters.map(({ name }) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `etcd-${name}`,
      namespace: "kube-system",
      labels: { component: "etcd", tier: "control-plane" },
    },
    spec: { nodeName: name, hostNetwork: true, containers: [{ name: "etcd", image: "etcd" }], tolerations: [] },
    status: { conditions: [{ type: "Ready", status: "True" }] },
  }));
  const labels = { app: "coredns" };
  const coreDns = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "coredns", namespace: "kube-system" },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "coredns", image: "coredns" }] } },
    },
    status: { replicas: 2, readyReplicas: 2 },
  };
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: "kube-system" } };
  const objects = [account, ...nodes, ...pods, coreDns];
  await applyObjects(objects);
};

/** The status of an object is written apart from the rest. */
const applyObjects = async (objects: readonly object[]): Promise<void> => {
  const file = join(folder, "objects.json");
  await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  await plane.run("kubectl", "apply", "--validate=false", "-f", file);
  const withStatus = objects.filter((object) => "status" in object);
  await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: withStatus }));
  await plane.run(
    "kubectl",
    "apply",
    "--validate=false",
    "--server-side",
    "--force-conflicts",
    "--subresource=status",
    "-f",
    file,
  );
};

const ask = async () => {
  const { healthy, text } = await status(io, { ...reaching(), json: true });
  return { healthy, ...(JSON.parse(text) as { problems: { code: string; message: string }[] }) };
};

/** The command line itself: exit code, and what came out where. */
const kimg = (...argv: readonly string[]) =>
  io.processes.run({
    doing: "running kimg",
    argv: [process.execPath, "--import", "tsx", join(shippedFolder, "src/cli.ts"), ...argv],
    folder: shippedFolder,
    accept: [0, 1, 2, 3],
  });

describe("kimg status", () => {
  it("says what is missing before nodes have joined", async () => {
    const { healthy, problems } = await ask();
    expect(healthy).toBe(false);
    expect(problems.map(({ code }) => code)).toEqual([
      ...Array.from({ length: 4 }, () => "status/node-missing"),
      "status/etcd",
      "status/coredns",
      "render/not-sealed",
    ]);
  });

  it("finds a whole cluster healthy", async () => {
    await standIn();
    const said = await ask();
    expect(said).toMatchObject({
      healthy: true,
      api: { version: "1.37.2", certificateDays: 364 },
      nodes: [
        { name: "cp1", role: "master-init", state: "Ready", version: "1.37.2", etcd: "ready" },
        { name: "cp2", role: "master-join", state: "Ready", version: "1.37.2", etcd: "ready" },
        { name: "cp3", role: "master-join", state: "Ready", version: "1.37.2", etcd: "ready" },
        { name: "w1", role: "worker", state: "Ready", version: "1.37.2", etcd: "" },
      ],
      coreDns: { wanted: 2, ready: 2 },
      problems: [{ code: "render/not-sealed" }],
    });
    const { text } = await status(io, reaching());
    expect(text).toMatch(/^prod is healthy$/m);
  });

  it("has exit codes for scripts, as every verb", async () => {
    const at = [common.cluster, "--server", plane.server];
    const healthy = await kimg("status", ...at, "--json");
    expect([healthy.code, JSON.parse(healthy.stdout)]).toMatchObject([0, { healthy: true }]);
    await plane.run("kubectl", "label", "pod", "-n", "kube-system", "etcd-cp3", "tier-");
    const ailing = await kimg("status", ...at);
    expect([ailing.code, ailing.stdout]).toEqual([1, expect.stringContaining("2 of 3 etcd members are ready")]);
    await plane.run("kubectl", "label", "pod", "-n", "kube-system", "etcd-cp3", "tier=control-plane");
    expect(await kimg("status", common.cluster, "--server", "https://127.0.0.1:2")).toMatchObject({
      code: 3,
      stdout: "",
    });
    expect(await kimg("replace", "w1", common.cluster, "--server", "127.0.0.1")).toMatchObject({ code: 2, stdout: "" });
    const file = join(folder, "dave.conf");
    const access = ["kubeconfig", common.cluster, "--user", "dave", "--output", file] as const;
    expect(await kimg(...access)).toMatchObject({ code: 0 });
    expect(await kimg(...access)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("exists already") as string,
    });
  });
});

const notReady = (name: string): object => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { "node-role.kubernetes.io/control-plane": "" } },
  status: { conditions: [{ type: "Ready", status: "Unknown", reason: "NodeStatusUnknown", message: "silent" }] },
});

const codes = async (work: Promise<unknown>): Promise<readonly string[]> => {
  const error = await work.catch((reason: unknown) => reason);
  if (error instanceof DiagnosticError) return error.diagnostics.map(({ code }) => code);
  throw error instanceof Error ? error : new Error("expected to be refused");
};

const replacing = (node: string, more: { readonly dryRun?: boolean } = {}) =>
  replace(io, { ...options(), node, ttl: "24h", dryRun: false, yes: true, json: true, ...more });

const etcdNames = async (): Promise<readonly string[]> => {
  const { secrets: trust } = await loadTrustedCluster(io, common);
  const { members } = await openEtcd(io, trust, masters.toReversed());
  return members.map(({ name, alive }) => `${name}${alive ? "" : " (dead)"}`).toSorted();
};

describe("kimg replace", () => {
  it("refuses what lives", async () => {
    expect(await codes(replacing("cp1"))).toEqual(["replace/not-sealed"]);
    expect(await codes(replacing("cp2"))).toEqual(["replace/still-alive"]);
    await applyObjects([notReady("cp2")]);
    expect(await codes(replacing("cp2"))).toEqual(["replace/still-alive"]);
    expect(await etcdNames()).toEqual(["cp1", "cp2", "cp3"]);
  });

  it("removes a dead master's member and node, once, and gives its successor a token", async () => {
    await plane.kill("cp2");
    const planned = JSON.parse(await replacing("cp2", { dryRun: true })) as { done: boolean; steps: string[] };
    expect(planned).toMatchObject({ done: false });
    expect(planned.steps.map((step) => step.split(" ").slice(0, 4).join(" "))).toEqual([
      "remove the etcd member",
      "delete the node cp2",
      "mint a master-token for",
    ]);
    expect(await etcdNames()).toEqual(["cp1", "cp2 (dead)", "cp3"]);
    const before = (await tokens()).master;
    expect(JSON.parse(await replacing("cp2"))).toMatchObject({ done: true });
    expect(await etcdNames()).toEqual(["cp1", "cp3"]);
    expect(await plane.run("kubectl", "get", "nodes", "-o", "name")).not.toContain("cp2");
    const { master } = await tokens();
    expect(master).not.toBe(before);
    expect(await renderedFile("cp2/files/etc/kimg/kubeadm/join.yaml")).toContain(master);
    const again = JSON.parse(await replacing("cp2")) as { steps: string[] };
    expect(again.steps).toHaveLength(1);
  });

  it("leaves a worker's etcd out of it", async () => {
    const node = { ...notReady("w1"), metadata: { name: "w1" } };
    await applyObjects([node]);
    const { steps } = JSON.parse(await replacing("w1")) as { steps: string[] };
    expect(steps).toHaveLength(2);
    expect(await plane.run("kubectl", "get", "nodes", "-o", "name")).not.toContain("w1");
  });

  it("touches nothing when the quorum would go", async () => {
    await applyObjects([notReady("cp3")]);
    await plane.kill("cp3");
    await expect(replacing("cp3")).rejects.toBeInstanceOf(ToolError);
  });
});
