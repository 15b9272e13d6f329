// The fingerprint that pins a joining node to its cluster.
import { X509Certificate, createHash } from "node:crypto";

/**
 * `sha256:` and the lower-case hex SHA-256 of the certificate's DER-encoded SubjectPublicKeyInfo (RFC 7469), as kubeadm's
 * `caCertHashes` wants it.
 */
export const discoveryHash = (certificatePem: string): string => {
  const publicKey = new X509Certificate(certificatePem).publicKey.export({ type: "spki", format: "der" });
  return `sha256:${createHash("sha256").update(publicKey).digest("hex")}`;
};
