// Key pairs and certificate authorities as `kubeadm init` makes them (cmd/kubeadm/app/util/pkiutil and phases/certs of
// Kubernetes 1.37): the same subjects, extensions, validity and PEM forms, so that kubeadm takes them for its own.
import { createECDH, createPrivateKey, createPublicKey, type KeyObject, type webcrypto } from "node:crypto";
import type { KeyUsageFlags } from "@peculiar/x509";
import type { Io } from "../edge/io.ts";

/** PEM. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** PEM. */
export interface Authority {
  readonly certificate: string;
  readonly key: string;
}

type World = Pick<Io, "random" | "now">;

/** kubeadm's CertificateBackdate: clocks of nodes may be this much behind. */
const backdateMilliseconds = 5 * 60_000;
/** kubeadm's CACertificateValidityPeriod: ten years of 365 days. */
const validityMilliseconds = 87_600 * 3_600_000;

/** A P-256 key whose scalar is 32 bytes of the given randomness: zero or not below the curve's order is drawn again. */
const newPrivateKey = (io: World): KeyObject => {
  const ecdh = createECDH("prime256v1");
  for (;;) {
    const scalar = Buffer.from(io.random(32));
    try {
      ecdh.setPrivateKey(scalar);
    } catch {
      continue;
    }
    const point = ecdh.getPublicKey();
    const coordinate = (from: number): string => point.subarray(from, from + 32).toString("base64url");
    const jwk = { kty: "EC", crv: "P-256", d: scalar.toString("base64url"), x: coordinate(1), y: coordinate(33) };
    return createPrivateKey({ key: jwk, format: "jwk" });
  }
};

const privatePem = (key: KeyObject): string => key.export({ type: "sec1", format: "pem" }) as string;

const publicPem = (key: KeyObject): string => createPublicKey(key).export({ type: "spki", format: "pem" }) as string;

export const makeKeyPair = (io: World): KeyPair => {
  const key = newPrivateKey(io);
  return { privateKey: privatePem(key), publicKey: publicPem(key) };
};

/** 63 bits, so that the number is positive in DER, and never zero. */
const serialNumber = (io: World): string => {
  const bytes = Buffer.from(io.random(8));
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  bytes[7] = (bytes[7] ?? 0) | 1;
  return bytes.toString("hex");
};

const importKeys = async (key: KeyObject): Promise<webcrypto.CryptoKeyPair> => {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const { d: _secret, ...publicJwk } = key.export({ format: "jwk" });
  return {
    privateKey: await crypto.subtle.importKey("jwk", key.export({ format: "jwk" }), algorithm, true, ["sign"]),
    publicKey: await crypto.subtle.importKey("jwk", publicJwk, algorithm, true, ["verify"]),
  };
};

/** A self-signed certificate authority named `commonName`, valid for ten years from five minutes ago. */
export const makeAuthority = async (io: World, commonName: string): Promise<Authority> => {
  // Loaded here, because it is large and only this command needs it; its decorators need the polyfill before it.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const key = newPrivateKey(io);
  const keys = await importKeys(key);
  const notBefore = new Date(Math.floor(io.now().getTime() / 1000) * 1000 - backdateMilliseconds);
  const { digitalSignature, keyEncipherment, keyCertSign } = x509.KeyUsageFlags;
  const usages = (digitalSignature | keyEncipherment | keyCertSign) as KeyUsageFlags;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [commonName] }],
    serialNumber: serialNumber(io),
    notBefore,
    notAfter: new Date(notBefore.getTime() + validityMilliseconds),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    keys,
    extensions: [
      new x509.KeyUsagesExtension(usages, true),
      new x509.BasicConstraintsExtension(true, undefined, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: commonName }]),
    ],
  });
  return { certificate: `${certificate.toString("pem").trim()}\n`, key: privatePem(key) };
};
