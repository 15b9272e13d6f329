import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { seededWorld } from "../../tests/support/seeded-world.ts";
import { DiagnosticError } from "../diagnostic.ts";
import { issueClientCertificate, makeAuthority } from "./authority.ts";

const world = seededWorld("authority");
const authority = await makeAuthority(world, "kubernetes");
const hour = 3_600_000;
const identity = { user: "alice", groups: ["dev", "ops"], lifetimeMilliseconds: 8 * hour };

describe("a client certificate", () => {
  it("is its authority's, for that user and those groups", async () => {
    const made = await issueClientCertificate(world, authority, identity);
    const certificate = new X509Certificate(made.certificate);
    expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
    expect(certificate.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
    expect(certificate.subject).toBe("O=dev\nO=ops\nCN=alice");
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(made.key).toMatch(/^-----BEGIN EC PRIVATE KEY-----\n/);
  });

  it.each(["CORP\\alice", "#0c0161", "#", 'x"y"z', " a, O=b + c;<d>= ", "ünï"])("says %j as it is", async (name) => {
    const made = await issueClientCertificate(world, authority, { ...identity, user: name, groups: [name] });
    expect(new X509Certificate(made.certificate).toLegacyObject().subject).toEqual({ O: name, CN: name });
  });

  it("begins five minutes ago and ends when it should", async () => {
    const made = await issueClientCertificate(world, authority, identity);
    const certificate = new X509Certificate(made.certificate);
    expect(new Date(certificate.validFrom)).toEqual(new Date("2025-12-31T23:55:00Z"));
    expect(new Date(certificate.validTo)).toEqual(new Date("2026-01-01T08:00:00Z"));
    expect(made.ends).toEqual(new Date("2026-01-01T08:00:00Z"));
  });

  it("has a key and a number of its own", async () => {
    const [first, second] = [
      await issueClientCertificate(world, authority, identity),
      await issueClientCertificate(world, authority, identity),
    ];
    expect(first.key).not.toBe(second.key);
    expect(new X509Certificate(first.certificate).serialNumber).not.toBe(
      new X509Certificate(second.certificate).serialNumber,
    );
  });

  it.each([
    ["RSA", () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey, true],
    ["P-384", () => generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey, true],
    ["Ed25519", () => generateKeyPairSync("ed25519").privateKey, false],
  ] as const)("is signed with an authority's key of the kind %s, or refused", async (_kind, make, taken) => {
    const key = make().export({ type: "pkcs8", format: "pem" }) as string;
    const made = issueClientCertificate(world, { ...authority, key }, identity);
    if (taken) await expect(made).resolves.toBeDefined();
    else await expect(made).rejects.toMatchObject({ diagnostics: [{ code: "certificate/authority-key" }] });
  });

  it("never outlives its authority", async () => {
    const made = issueClientCertificate(world, authority, { ...identity, lifetimeMilliseconds: 90_000 * hour });
    await expect(made).rejects.toBeInstanceOf(DiagnosticError);
    await expect(made).rejects.toMatchObject({ diagnostics: [{ code: "certificate/outlives-authority" }] });
  });
});
