import { describe, expect, it } from "vitest";
import { goldenCluster, testOnlySecrets } from "../../tests/support/render-case.ts";
import type { Bootstrap, Cluster, Node, SecretName } from "../model.ts";
import { SECRETS_BY_BOOTSTRAP, secretNames } from "../secrets/allowed-secrets.ts";
import { leakCheck, SecretLeak } from "./leak-check.ts";
import { renderCluster } from "./render.ts";
import { secretSearch } from "./secret-search.ts";

const secrets = await testOnlySecrets("x");
const bootstraps = Object.keys(SECRETS_BY_BOOTSTRAP) as readonly Bootstrap[];
const check = leakCheck(secrets);

/** A telling part: the line of a PEM after its header, or the whole. */
const partOf = (name: SecretName): string => secrets.values[name].split("\n")[1] || secrets.values[name];

const base64 = (text: string): string => Buffer.from(text).toString("base64");

const disguises: Readonly<Record<string, (value: string) => string>> = {
  plain: (value) => value,
  "inside of a line": (value) => `x = "${value}" # y`,
  indented: (value) => value.replaceAll(/^/gm, "      "),
  "JSON with escapes": (value) => JSON.stringify({ value }),
  base64: (value) => base64(value),
  "base64, one byte in": (value) => base64(`a${value}b`),
  "base64, two bytes in": (value) => base64(`ab${value}cd`),
  "base64 of a longer file": (value) => base64(`key: |\n${value.replaceAll(/^/gm, "  ")}\nother: 1\n`),
  "at the end of an image": (value) => `${"\0".repeat(3 * 2048 - 5)}${value}`,
};

describe("the search", () => {
  const search = secretSearch(secrets.values, secretNames, []);

  describe.each(Object.entries(disguises))("%s", (_, disguise) => {
    it.each(secretNames)("finds %s", (name) => {
      expect(search.find(Buffer.from(disguise(secrets.values[name])))).toContain(name);
    });
  });

  it("finds one line of a key", () => {
    expect(search.find(Buffer.from(`xx ${partOf("ca.key")} yy`))).toEqual(["ca.key"]);
  });

  it("finds nothing where there is nothing", () => {
    expect(search.find(Buffer.from("instance-id: x\n".repeat(5000)))).toEqual([]);
    expect(search.find(Buffer.alloc(10_000))).toEqual([]);
    expect(search.find(Buffer.alloc(0))).toEqual([]);
    expect(search.find(Buffer.from(partOf("ca.key").slice(0, -1)))).toEqual([]);
  });

  it("passes over what an innocent text holds as well", () => {
    const innocent = secretSearch(secrets.values, ["sa.pub"], [secrets.values["sa.pub"]]);
    expect(innocent.find(Buffer.from(secrets.values["sa.pub"]))).toEqual([]);
  });
});

describe.each(bootstraps)("a node that comes in by %s", (bootstrap) => {
  it.each(secretNames)("may hold %s only when the table says so", (name) => {
    const look = (): void => check.check(bootstrap, "node/file", Buffer.from(secrets.values[name]));
    if (SECRETS_BY_BOOTSTRAP[bootstrap].includes(name)) expect(look).not.toThrow();
    else expect(look).toThrow(SecretLeak);
  });
});

const withRole = (cluster: Cluster, name: string, change: (node: Node) => Node["role"]): Cluster => ({
  ...cluster,
  nodes: cluster.nodes.map((node) => (node.role.name === name ? { ...node, role: change(node) } : node)),
});

describe("a leak", () => {
  it("names code, file and secret, and not the value", () => {
    try {
      check.check("join-worker", "w1/nocloud.iso", Buffer.from(secrets.values["ca.key"]));
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "render/secret-leak", file: "w1/nocloud.iso", secret: "ca.key" });
      expect(String(error)).not.toContain(partOf("ca.key"));
    }
  });

  it("stops the rendering of a role that got hold of too much", async () => {
    const cluster = await goldenCluster("minimal");
    const greedy = withRole(cluster, "worker", ({ role }) => ({
      ...role,
      secrets: ["ca.key"],
      cloudConfig: { write_files: [{ path: "/x", encoding: "b64", content: base64(secrets.values["ca.key"]) }] },
    }));
    expect(() => renderCluster(greedy, secrets)).toThrow(/^w1\/files\/x would hold ca\.key/);
  });

  it("stops the rendering when the user's own fields bring it", async () => {
    const cluster = await goldenCluster("ha");
    const [first] = cluster.nodes;
    const passThrough = { ...cluster.passThrough, cloudConfig: { runcmd: [`echo ${secrets.values["worker-token"]}`] } };
    const careless = {
      ...cluster,
      nodes: cluster.nodes.map((node) => (node === first ? { ...node, passThrough } : node)),
    };
    expect(() => renderCluster(careless, secrets)).toThrow(/^lb1\/nocloud\/user-data would hold worker-token/);
  });
});

describe("the confidential", () => {
  it("is what opens something, and not what is public", () => {
    const confidential = secretNames.filter((name) => check.isConfidential(Buffer.from(secrets.values[name])));
    expect(secretNames.filter((name) => !confidential.includes(name))).toEqual([
      "ca.crt",
      "front-proxy-ca.crt",
      "etcd-ca.crt",
      "sa.pub",
    ]);
  });
});
