// Certificate authorities, and client certificates of theirs, as `kubeadm init` makes them (cmd/kubeadm/app/util/pkiutil and
// phases/certs of Kubernetes 1.37): the same subjects, extensions, validity and PEM forms, so that kubeadm takes them for its own.
import { createPrivateKey, X509Certificate } from "node:crypto";
import type * as X509 from "@peculiar/x509";
import type { DiagnosticCode } from "../codes/index.ts";
import { DiagnosticError } from "../diagnostic.ts";
import {
  importPrivateKey,
  importPublicKey,
  newPrivateKey,
  privatePem,
  serialNumber,
  signingAlgorithm,
  type World,
} from "./keys.ts";

/** PEM. */
export interface Authority {
  readonly certificate: string;
  readonly key: string;
}

/** PEM. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
  readonly ends: Date;
}

export interface Identity {
  /** The certificate's common name. */
  readonly user: string;
  /** Its organizations. */
  readonly groups: readonly string[];
  readonly lifetimeMilliseconds: number;
}

/** kubeadm's CertificateBackdate: clocks of nodes may be this much behind. */
const backdateMilliseconds = 5 * 60_000;
/** kubeadm's CACertificateValidityPeriod: ten years of 365 days. */
const validityMilliseconds = 87_600 * 3_600_000;

const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** Loaded when it is needed, because it is large and few commands do; its decorators need the polyfill before it. */
const loadX509 = async (): Promise<typeof X509> => {
  await import("reflect-metadata");
  return import("@peculiar/x509");
};

/** Certificates know whole seconds. */
const wholeSeconds = (date: Date): number => Math.floor(date.getTime() / 1000) * 1000;

const pem = (certificate: { readonly toString: (format: "pem") => string }): string =>
  `${certificate.toString("pem").trim()}\n`;

/** A self-signed certificate authority named `commonName`, valid for ten years from five minutes ago. */
export const makeAuthority = async (io: World, commonName: string): Promise<Authority> => {
  const x509 = await loadX509();
  const key = newPrivateKey(io);
  const keys = {
    privateKey: await importPrivateKey(key, ecdsa),
    publicKey: await importPublicKey(key, ecdsa),
  };
  const notBefore = new Date(wholeSeconds(io.now()) - backdateMilliseconds);
  const { digitalSignature, keyEncipherment, keyCertSign } = x509.KeyUsageFlags;
  const usages = (digitalSignature | keyEncipherment | keyCertSign) as X509.KeyUsageFlags;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [commonName] }],
    serialNumber: serialNumber(io),
    notBefore,
    notAfter: new Date(notBefore.getTime() + validityMilliseconds),
    signingAlgorithm: ecdsa,
    keys,
    extensions: [
      new x509.KeyUsagesExtension(usages, true),
      new x509.BasicConstraintsExtension(true, undefined, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: commonName }]),
    ],
  });
  return { certificate: pem(certificate), key: privatePem(key) };
};

const refuse = (code: DiagnosticCode, message: string, hint: string): DiagnosticError =>
  new DiagnosticError([{ severity: "error", code, message, hint }]);

const dated = (
  io: World,
  authority: Authority,
  lifetime: number,
): { readonly notBefore: Date; readonly ends: Date } => {
  const now = wholeSeconds(io.now());
  const ends = new Date(now + lifetime);
  const last = new Date(new X509Certificate(authority.certificate).validTo);
  if (ends <= last) return { notBefore: new Date(now - backdateMilliseconds), ends };
  throw refuse(
    "certificate/outlives-authority",
    `a certificate until ${ends.toISOString()} would outlive the cluster's CA, which ends ${last.toISOString()}`,
    "give a shorter --ttl",
  );
};

/** What a certificate says of its owner: a client, and no authority. */
const clientExtensions = (x509: typeof X509, authorityKeyId: string | undefined) => {
  const usages = (x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment) as X509.KeyUsageFlags;
  return [
    new x509.KeyUsagesExtension(usages, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    new x509.BasicConstraintsExtension(false, undefined, true),
    ...(authorityKeyId === undefined ? [] : [new x509.AuthorityKeyIdentifierExtension(authorityKeyId)]),
  ];
};

/** As values: text would be read as RFC 4514 has it, with `#`, quotes and backslashes of its own. */
const subjectName = (x509: typeof X509, groups: readonly string[], user: string): X509.Name =>
  new x509.Name([...groups.map((group) => ({ O: [{ utf8String: group }] })), { CN: [{ utf8String: user }] }]);

/**
 * A new key and its certificate, signed here and now: from five minutes ago until the lifetime is over. Nobody can take it back before.
 * Throws DiagnosticError when the authority's key is of no kind that signs, or when the authority ends before it.
 */
export const issueClientCertificate = async (
  io: World,
  authority: Authority,
  { user, groups, lifetimeMilliseconds }: Identity,
): Promise<ClientCertificate> => {
  const x509 = await loadX509();
  const { notBefore, ends } = dated(io, authority, lifetimeMilliseconds);
  const signer = createPrivateKey(authority.key);
  const algorithm = signingAlgorithm(signer);
  if (algorithm === undefined)
    throw refuse("certificate/authority-key", "the CA's key is neither RSA nor ECDSA", "kubeadm takes no other either");
  const issuer = new x509.X509Certificate(authority.certificate);
  const key = newPrivateKey(io);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: subjectName(x509, groups, user),
    // Byte for byte as the authority has it: Go's verifier compares no other way.
    issuer: issuer.subjectName,
    serialNumber: serialNumber(io),
    notBefore,
    notAfter: ends,
    publicKey: await importPublicKey(key, ecdsa),
    signingKey: await importPrivateKey(signer, algorithm),
    signingAlgorithm: algorithm,
    extensions: clientExtensions(x509, issuer.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId),
  });
  return { certificate: pem(certificate), key: privatePem(key), ends };
};
