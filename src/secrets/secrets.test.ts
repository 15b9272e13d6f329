import { createECDH, createHash, createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { seededWorld } from "../../tests/support/seeded-world.ts";
import { SECRETS_BY_BOOTSTRAP, secretNames } from "./allowed-secrets.ts";
import { discoveryHash } from "./discovery-hash.ts";
import { bootstrapToken } from "./random-text.ts";
import { generateSecrets, planRotation, rotatableItems, rotateSecrets } from "./secrets.ts";

const secrets = await generateSecrets(seededWorld("secrets"), "prod");

describe("authorities", () => {
  it.each([
    ["ca", "kubernetes"],
    ["front-proxy-ca", "front-proxy-ca"],
    ["etcd-ca", "etcd-ca"],
  ] as const)("%s is named and dated as kubeadm does it", (file, commonName) => {
    const certificate = new X509Certificate(secrets.values[`${file}.crt`]);
    expect(certificate.subject).toBe(`CN=${commonName}`);
    expect(certificate.issuer).toBe(`CN=${commonName}`);
    expect(certificate.subjectAltName).toBe(`DNS:${commonName}`);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(secrets.values[`${file}.key`]))).toBe(true);
    expect(new Date(certificate.validFrom)).toEqual(new Date("2025-12-31T23:55:00Z"));
    expect(new Date(certificate.validTo)).toEqual(new Date("2035-12-29T23:55:00Z"));
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
  });

  it("have serial numbers that are positive and their own", () => {
    const serials = (["ca.crt", "front-proxy-ca.crt", "etcd-ca.crt"] as const).map(
      (name) => new X509Certificate(secrets.values[name]).serialNumber,
    );
    expect(new Set(serials).size).toBe(3);
    for (const serial of serials) expect(BigInt(`0x${serial}`)).toBeLessThan(1n << 63n);
  });
});

describe("keys", () => {
  it("come from the randomness given", async () => {
    const again = await generateSecrets(seededWorld("secrets"), "prod");
    expect(again.values["ca.key"]).toBe(secrets.values["ca.key"]);
    expect(again.values["worker-token"]).toBe(secrets.values["worker-token"]);
    const other = await generateSecrets(seededWorld("other"), "prod");
    for (const name of secretNames) expect(other.values[name]).not.toBe(secrets.values[name]);
  });

  it("draws again when the randomness is no valid scalar", async () => {
    const world = seededWorld("scalar");
    let calls = 0;
    const random = (bytes: number): Uint8Array =>
      calls++ === 0 ? new Uint8Array(bytes).fill(0xff) : world.random(bytes);
    const made = await generateSecrets({ ...world, random }, "prod");
    const ecdh = createECDH("prime256v1");
    expect(() => ecdh.setPrivateKey(Buffer.alloc(32, 0xff))).toThrow();
    expect(new X509Certificate(made.values["ca.crt"]).checkPrivateKey(createPrivateKey(made.values["ca.key"]))).toBe(
      true,
    );
  });

  it("pair up for service accounts", () => {
    const derived = createPublicKey(secrets.values["sa.key"]).export({ type: "spki", format: "pem" });
    expect(secrets.values["sa.pub"]).toBe(derived);
    expect(secrets.values["sa.key"]).toMatch(/^-----BEGIN EC PRIVATE KEY-----\n/);
  });
});

describe("the rest", () => {
  it("has the forms that the programs want", () => {
    expect(secrets.values["master-token"]).toMatch(/^[a-z0-9]{6}\.[a-z0-9]{16}$/);
    expect(secrets.values["worker-token"]).toMatch(/^[a-z0-9]{6}\.[a-z0-9]{16}$/);
    expect(secrets.values["worker-token"]).not.toBe(secrets.values["master-token"]);
    expect(Buffer.from(secrets.values["encryption-key"], "base64")).toHaveLength(32);
    expect(secrets.values["vrrp-password"]).toMatch(/^[A-Za-z0-9]{8}$/);
    expect(secrets.values["stats-password"]).toMatch(/^[A-Za-z0-9]{24}$/);
  });

  it("draws each character of a token equally often", () => {
    const world = seededWorld("tokens");
    const seen = new Map<string, number>();
    for (let round = 0; round < 2000; round++) {
      for (const character of bootstrapToken(world).replace(".", ""))
        seen.set(character, (seen.get(character) ?? 0) + 1);
    }
    const expected = (2000 * 22) / 36;
    expect(seen.size).toBe(36);
    for (const count of seen.values()) expect(Math.abs(count - expected)).toBeLessThan(expected * 0.15);
  });

  it("pins the authority's public key", () => {
    const key = createPublicKey(secrets.values["ca.crt"]).export({ type: "spki", format: "der" });
    expect(discoveryHash(secrets.values["ca.crt"])).toBe(`sha256:${createHash("sha256").update(key).digest("hex")}`);
  });
});

describe("rotation", () => {
  it.each(rotatableItems)("%s changes and nothing else", (name) => {
    const plan = planRotation(name);
    if ("refused" in plan) throw new Error(plan.refused);
    const rotated = rotateSecrets(seededWorld("later"), secrets, plan.items);
    const changed = secretNames.filter((item) => rotated.values[item] !== secrets.values[item]);
    expect(changed).toEqual(plan.items);
    expect(changed).toEqual(name === "token" ? ["master-token", "worker-token"] : [name]);
  });

  it.each(["ca.crt", "ca.key", "etcd-ca.key", "front-proxy-ca.crt", "sa.key", "encryption-key", "nonsense"])(
    "%s is refused",
    (name) => {
      expect(planRotation(name)).toEqual({ refused: expect.stringContaining(name) as string });
    },
  );
});

const holders = (name: "master-token" | "worker-token"): string[] =>
  Object.entries(SECRETS_BY_BOOTSTRAP)
    .filter(([, allowed]) => allowed.includes(name))
    .map(([bootstrap]) => bootstrap);

describe("who may hold what", () => {
  const keys = secretNames.filter((name) => name.endsWith(".key"));

  it("keeps every private key and the encryption key on masters", () => {
    for (const bootstrap of ["join-worker", "load-balancer"] as const) {
      expect(SECRETS_BY_BOOTSTRAP[bootstrap].filter((name) => keys.includes(name))).toEqual([]);
      expect(SECRETS_BY_BOOTSTRAP[bootstrap]).not.toContain("encryption-key");
    }
  });

  it("gives each token to those who need it", () => {
    expect(holders("master-token")).toEqual(["init", "join-control-plane"]);
    expect(holders("worker-token")).toEqual(["init", "join-worker"]);
  });
});
