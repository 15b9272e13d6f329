// A server's certificate of a cluster's authority, as an API server has one. For tests only: kimg itself signs clients alone.
import { createPrivateKey, generateKeyPairSync, webcrypto } from "node:crypto";
import type { Authority } from "../../src/secrets/authority.ts";

const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** PEM. `names` are DNS names, or addresses. */
export const serverCertificate = async (
  authority: Authority,
  names: readonly string[],
  ends = new Date(Date.now() + 86_400_000),
): Promise<{ readonly cert: string; readonly key: string }> => {
  // Its decorators need the polyfill before it.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signer = createPrivateKey(authority.key).export({ type: "pkcs8", format: "der" });
  const certificate = await x509.X509CertificateGenerator.create({
    subject: "CN=kube-apiserver",
    issuer: new x509.X509Certificate(authority.certificate).subjectName,
    notBefore: new Date(ends.getTime() - 2 * 86_400_000),
    notAfter: ends,
    signingAlgorithm: ecdsa,
    signingKey: await webcrypto.subtle.importKey("pkcs8", signer, ecdsa, false, ["sign"]),
    publicKey: await webcrypto.subtle.importKey(
      "spki",
      publicKey.export({ type: "spki", format: "der" }),
      ecdsa,
      true,
      ["verify"],
    ),
    extensions: [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? ("ip" as const) : ("dns" as const), value })),
      ),
    ],
  });
  return { cert: certificate.toString("pem"), key: privateKey.export({ type: "pkcs8", format: "pem" }) as string };
};
