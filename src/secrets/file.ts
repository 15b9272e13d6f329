// The secrets file on disk: found beside cluster.yaml, read whether encrypted or not, written with mode 0600 and never over another.
import { basename, dirname, join } from "node:path/posix";
import { DiagnosticError, type Diagnostic } from "../diagnostic.ts";
import type { FileStatus, Io } from "../edge/io.ts";
import type { Secrets } from "../model.ts";
import { parseSecrets, printSecrets } from "./document.ts";
import { decryptText, encryptText, isEncrypted } from "./encryption.ts";
import { obtainPassphrase, type PassphraseSource } from "./passphrase.ts";

const ownerOnly = 0o600;

/** `cluster.yaml` → `cluster.secrets.yaml` in the same folder. */
export const secretsPath = (clusterFile: string): string =>
  join(dirname(clusterFile), `${basename(clusterFile).replace(/\.ya?ml$/, "")}.secrets.yaml`);

export interface SecretsFile {
  readonly secrets: Secrets;
  /** The passphrase it was opened with; undefined when it lies in clear. */
  readonly passphrase: string | undefined;
  readonly warnings: readonly Diagnostic[];
}

const missing = (path: string): DiagnosticError =>
  new DiagnosticError([
    {
      severity: "error",
      code: "secrets/missing",
      message: `there is no secrets file ${path}`,
      hint: "`kimg secrets` makes it, once for each cluster",
    },
  ]);

const modeWarning = (path: string, { kind, mode }: FileStatus): readonly Diagnostic[] => {
  const permissions = mode & 0o777;
  if (kind === "link" || (permissions & ~ownerOnly) === 0) return [];
  return [
    {
      severity: "warning",
      code: "secrets/open-to-others",
      message: `${path} has mode 0${permissions.toString(8)}: others than its owner may use it`,
      hint: `chmod 600 ${path}`,
    },
  ];
};

/** Throws DiagnosticError when the file is missing, damaged, of another cluster, or cannot be decrypted. */
export const readSecrets = async (
  io: Io,
  path: string,
  cluster: string,
  source: PassphraseSource,
): Promise<SecretsFile> => {
  const status = await io.files.status(path);
  if (status === undefined) throw missing(path);
  const bytes = await io.files.read(path);
  const passphrase = isEncrypted(bytes) ? await obtainPassphrase(io, source, "decrypt") : undefined;
  const text = passphrase === undefined ? new TextDecoder().decode(bytes) : await decryptText(bytes, passphrase, path);
  const secrets = parseSecrets(text, path);
  if (secrets.cluster !== cluster) {
    throw new DiagnosticError([
      {
        severity: "error",
        code: "secrets/other-cluster",
        message: `${path} holds the secrets of "${secrets.cluster}", not of "${cluster}"`,
        hint: "two clusters must not share their trust: give each its own folder or file name",
      },
    ]);
  }
  return { secrets, passphrase, warnings: modeWarning(path, status) };
};

const text = async (secrets: Secrets, passphrase: string | undefined): Promise<string> =>
  passphrase === undefined ? printSecrets(secrets) : encryptText(printSecrets(secrets), passphrase);

/** Throws DiagnosticError when something is at that path already. */
export const createSecretsFile = async (
  io: Io,
  path: string,
  secrets: Secrets,
  passphrase: string | undefined,
): Promise<void> => {
  try {
    await io.files.create(path, await text(secrets, passphrase), ownerOnly);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw alreadyThere(path);
  }
};

export const alreadyThere = (path: string): DiagnosticError =>
  new DiagnosticError([
    {
      severity: "error",
      code: "secrets/exists",
      message: `${path} exists and is never overwritten`,
      hint: "use --rotate ITEM to exchange one item, or --encrypt to put it under a passphrase; another trust is another cluster's",
    },
  ]);

/** For a rotation or an encryption of what was just read from there: replaced as a whole or not at all. */
export const replaceSecretsFile = async (
  io: Io,
  path: string,
  secrets: Secrets,
  passphrase: string | undefined,
): Promise<void> => io.files.write(path, await text(secrets, passphrase), ownerOnly);
