// The secrets file on disk: found beside cluster.yaml, read whether encrypted or not, written with mode 0600 and never over another. A link to
// it is followed: the trust lies where it leads.
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

/** What is no file, such as a pipe, has no mode that says anything. */
const modeWarning = (path: string, status: FileStatus | undefined): readonly Diagnostic[] => {
  const permissions = status?.kind === "file" ? status.mode & 0o777 : 0;
  if ((permissions & ~ownerOnly) === 0) return [];
  return [
    {
      severity: "warning",
      code: "secrets/open-to-others",
      message: `${path} has mode 0${permissions.toString(8)}: others than its owner may use it`,
      hint: `chmod 600 ${path}`,
    },
  ];
};

const open = async (
  io: Io,
  path: string,
  cluster: string,
  givePassphrase: () => Promise<string>,
): Promise<SecretsFile> => {
  if ((await io.files.status(path)) === undefined) throw missing(path);
  const place = await io.files.realPath(path);
  const status = place === undefined ? undefined : await io.files.status(place);
  const bytes = await io.files.read(path);
  const passphrase = isEncrypted(bytes) ? await givePassphrase() : undefined;
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

/** Throws DiagnosticError when the file is missing, damaged, of another cluster, or cannot be decrypted. */
export const readSecrets = (io: Io, path: string, cluster: string, source: PassphraseSource): Promise<SecretsFile> =>
  open(io, path, cluster, () => obtainPassphrase(io, source, "decrypt"));

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

/** What was read and what opened it. */
type Opened = Pick<SecretsFile, "secrets" | "passphrase">;

const changedMeanwhile = (path: string, how: string): DiagnosticError =>
  new DiagnosticError([
    {
      severity: "error",
      code: "secrets/changed",
      message: `${path} ${how} since this command has read it`,
      hint: "nothing was done: run it again",
    },
  ]);

/** Asks nobody: a file in clear that is encrypted now is refused, as one with another CA is. */
const openAgain = async (io: Io, path: string, before: Opened): Promise<SecretsFile> => {
  const now = await open(io, path, before.secrets.cluster, async () => {
    if (before.passphrase === undefined) throw changedMeanwhile(path, "was encrypted");
    return before.passphrase;
  });
  if (now.secrets.values["ca.crt"] === before.secrets.values["ca.crt"]) return now;
  throw changedMeanwhile(path, "was exchanged for another cluster's");
};

/** The file as it is while nobody else changes it. */
export interface SecretsUpdate {
  readonly secrets: Secrets;
  /** As a whole or not at all; under the passphrase that it had when none is given. */
  readonly write: (secrets: Secrets, passphrase?: string) => Promise<void>;
}

/**
 * For whoever changes what was read `before`: waits for others that do so too, reads it again, since they may have changed it, and holds it until
 * `use` is done. Rejects with DiagnosticError, before `use`, when it is missing now, was encrypted, or has become another cluster's.
 */
export const updateSecretsFile = async <T>(
  io: Io,
  path: string,
  before: Opened,
  use: (update: SecretsUpdate) => Promise<T>,
): Promise<T> => {
  const place = await io.files.realPath(path);
  if (place === undefined) throw missing(path);
  // Beside it, for a file that is replaced cannot be locked itself; and left there, for others may wait for it.
  const release = await io.files.lock(join(dirname(place), `.${basename(place)}.lock`), () =>
    io.progress.note(`waiting for another kimg that changes ${path}`),
  );
  try {
    const { secrets, passphrase } = await openAgain(io, path, before);
    const write: SecretsUpdate["write"] = async (kept, under = passphrase) =>
      io.files.write(place, await text(kept, under), ownerOnly);
    return await use({ secrets, write });
  } finally {
    await release();
  }
};
