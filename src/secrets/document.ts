// The secrets file's text ↔ Secrets. No message here may quote the text: it holds what it complains about.
import { X509Certificate, createPrivateKey, createPublicKey } from "node:crypto";
import { type Document, parseDocument, stringify } from "yaml";
import { DiagnosticError, type Diagnostic } from "../diagnostic.ts";
import type { SecretName, Secrets } from "../model.ts";
import { secretNames } from "./allowed-secrets.ts";

const header = `# The trust of one Kubernetes cluster: whoever reads this file owns the cluster.
# Made by \`kimg secrets\`; it cannot be made again. Keep a copy in a safe place, and out of version control unless encrypted.
`;

export const printSecrets = (secrets: Secrets): string => {
  const values = Object.fromEntries(secretNames.map((name) => [name, secrets.values[name]]));
  return `${header}${stringify({ version: 1, cluster: secrets.cluster, values })}`;
};

const complaint = (file: string, message: string, path: readonly string[] = []): Diagnostic => ({
  severity: "error",
  code: "secrets/invalid",
  message: `${file}: ${message}`,
  hint: "restore the file from your copy; `kimg secrets` makes a new one only where there is none",
  path,
});

const parses = (parse: () => unknown): boolean => {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
};

const isCertificate = (text: string): boolean => parses(() => new X509Certificate(text));
const isPrivateKey = (text: string): boolean => parses(() => createPrivateKey(text));
const isPublicKey = (text: string): boolean => parses(() => createPublicKey(text));
const isToken = (text: string): boolean => /^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(text);
const isEncryptionKey = (text: string): boolean =>
  /^[A-Za-z0-9+/]{43}=$/.test(text) && Buffer.from(text, "base64").length === 32;
const isPassword = (longest: number) => (text: string) => /^[A-Za-z0-9]+$/.test(text) && text.length <= longest;

const forms: Readonly<Record<SecretName, { readonly expected: string; readonly test: (text: string) => boolean }>> = {
  "ca.crt": { expected: "a certificate in PEM", test: isCertificate },
  "ca.key": { expected: "a private key in PEM", test: isPrivateKey },
  "front-proxy-ca.crt": { expected: "a certificate in PEM", test: isCertificate },
  "front-proxy-ca.key": { expected: "a private key in PEM", test: isPrivateKey },
  "etcd-ca.crt": { expected: "a certificate in PEM", test: isCertificate },
  "etcd-ca.key": { expected: "a private key in PEM", test: isPrivateKey },
  "sa.pub": { expected: "a public key in PEM", test: isPublicKey },
  "sa.key": { expected: "a private key in PEM", test: isPrivateKey },
  "master-token": { expected: "a bootstrap token, [a-z0-9]{6}.[a-z0-9]{16}", test: isToken },
  "worker-token": { expected: "a bootstrap token, [a-z0-9]{6}.[a-z0-9]{16}", test: isToken },
  "encryption-key": { expected: "32 bytes in base64", test: isEncryptionKey },
  "vrrp-password": { expected: "at most 8 letters and digits", test: isPassword(8) },
  "stats-password": { expected: "at most 64 letters and digits", test: isPassword(64) },
};

const pairs = [
  ["ca.crt", "ca.key"],
  ["front-proxy-ca.crt", "front-proxy-ca.key"],
  ["etcd-ca.crt", "etcd-ca.key"],
  ["sa.pub", "sa.key"],
] as const satisfies readonly (readonly [SecretName, SecretName])[];

/** createPublicKey takes certificates, public and private keys alike. */
const publicPart = (pem: string): string => createPublicKey(pem).export({ type: "spki", format: "pem" }) as string;

const checkValues = (file: string, values: Readonly<Record<string, unknown>>): readonly Diagnostic[] => {
  const shapes = secretNames.flatMap((name) => {
    const value = values[name];
    if (typeof value === "string" && forms[name].test(value)) return [];
    return [complaint(file, `values.${name} should be ${forms[name].expected}`, ["values", name])];
  });
  if (shapes.length > 0) return shapes;
  return pairs
    .filter(([open, secret]) => publicPart(values[open] as string) !== publicPart(values[secret] as string))
    .map(([open, secret]) => complaint(file, `values.${secret} does not belong to values.${open}`, ["values", secret]));
};

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const withoutAliases = (document: Document, file: string): unknown => {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    throw new DiagnosticError([complaint(file, "has an alias (`*name`): kimg reads values where they are")]);
  }
};

/** Every value is checked for its form. `file` is only for messages. Throws DiagnosticError. */
export const parseSecrets = (text: string, file: string): Secrets => {
  // Pretty errors would quote the offending lines.
  const document = parseDocument(text, { prettyErrors: false });
  const broken = document.errors[0];
  if (broken !== undefined) {
    const line = text.slice(0, broken.pos[0]).split("\n").length;
    throw new DiagnosticError([complaint(file, `line ${line} is not valid YAML (${broken.code})`)]);
  }
  const root = withoutAliases(document, file);
  if (!isMap(root) || root["version"] !== 1)
    throw new DiagnosticError([complaint(file, "should start with `version: 1`")]);
  const { cluster, values } = root;
  if (typeof cluster !== "string" || !isMap(values)) {
    throw new DiagnosticError([
      complaint(file, "should hold the cluster's name at `cluster` and its secrets at `values`"),
    ]);
  }
  const diagnostics = checkValues(file, values);
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  const kept = Object.fromEntries(secretNames.map((name) => [name, values[name]]));
  return { version: 1, cluster, values: kept as Secrets["values"] };
};
