// Key pairs out of the given randomness, and in the forms that kubeadm and WebCrypto want them.
import { createECDH, createPrivateKey, createPublicKey, type KeyObject, type webcrypto } from "node:crypto";
import type { Io } from "../edge/io.ts";

export type World = Pick<Io, "random" | "now">;

/** PEM. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** A P-256 key whose scalar is 32 bytes of the given randomness: zero or not below the curve's order is drawn again. */
export const newPrivateKey = (io: World): KeyObject => {
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

export const privatePem = (key: KeyObject): string => key.export({ type: "sec1", format: "pem" }) as string;

const publicPem = (key: KeyObject): string => createPublicKey(key).export({ type: "spki", format: "pem" }) as string;

export const makeKeyPair = (io: World): KeyPair => {
  const key = newPrivateKey(io);
  return { privateKey: privatePem(key), publicKey: publicPem(key) };
};

/** 63 bits, so that the number is positive in DER, and never zero. */
export const serialNumber = (io: World): string => {
  const bytes = Buffer.from(io.random(8));
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  bytes[7] = (bytes[7] ?? 0) | 1;
  return bytes.toString("hex");
};

/** OpenSSL's names of curves → WebCrypto's, with the hash that is as strong. */
const curves: Readonly<Record<string, { readonly namedCurve: string; readonly hash: string }>> = {
  prime256v1: { namedCurve: "P-256", hash: "SHA-256" },
  secp384r1: { namedCurve: "P-384", hash: "SHA-384" },
  secp521r1: { namedCurve: "P-521", hash: "SHA-512" },
};

export interface SigningAlgorithm {
  readonly name: "ECDSA" | "RSASSA-PKCS1-v1_5";
  readonly hash: string;
  readonly namedCurve?: string;
}

/** How a key signs; undefined for a kind that no certificate of kubeadm's is signed with. */
export const signingAlgorithm = (key: KeyObject): SigningAlgorithm | undefined => {
  if (key.asymmetricKeyType === "rsa") return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? ""];
  return curve === undefined ? undefined : { name: "ECDSA", ...curve };
};

export const importPrivateKey = (key: KeyObject, algorithm: SigningAlgorithm): Promise<webcrypto.CryptoKey> =>
  crypto.subtle.importKey("pkcs8", key.export({ type: "pkcs8", format: "der" }), algorithm, true, ["sign"]);

export const importPublicKey = (key: KeyObject, algorithm: SigningAlgorithm): Promise<webcrypto.CryptoKey> => {
  const bytes = createPublicKey(key).export({ type: "spki", format: "der" });
  return crypto.subtle.importKey("spki", bytes, algorithm, true, ["verify"]);
};
