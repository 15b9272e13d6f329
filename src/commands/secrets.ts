// `kimg secrets`: makes the cluster's trust, once; exchanges an item of it, or puts the file under a passphrase. Prints no value.
import { resolve } from "node:path";
import { DiagnosticError, UsageError, plainDiagnostic, type Diagnostic } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import { discoveryHash } from "../secrets/discovery-hash.ts";
import { alreadyThere, createSecretsFile, readSecrets, secretsPath, updateSecretsFile } from "../secrets/file.ts";
import { obtainPassphrase, type PassphraseSource } from "../secrets/passphrase.ts";
import { generateSecrets, planRotation, rotatableItems, rotateSecrets } from "../secrets/secrets.ts";
import { loadCluster, type LoadOptions } from "./check.ts";
import { withWarnings } from "./warnings.ts";

export interface SecretsOptions extends LoadOptions, PassphraseSource {
  /** Where the file is; beside cluster.yaml when not given. */
  readonly output?: string;
  /** One item to make anew. */
  readonly rotate?: string;
  readonly encrypt?: boolean;
  readonly json?: boolean;
}

/** What was done, for people, and for programs: never a value of a secret. */
interface Done {
  readonly text: string;
  readonly result: object;
  readonly warnings: readonly Diagnostic[];
}

const create = async (io: Io, path: string, cluster: string, options: SecretsOptions): Promise<Done> => {
  // Before the passphrase is asked for; creating checks again.
  if ((await io.files.status(path)) !== undefined) throw alreadyThere(path);
  const passphrase = options.encrypt === true ? await obtainPassphrase(io, options, "encrypt") : undefined;
  const secrets = await generateSecrets(io, cluster);
  await createSecretsFile(io, path, secrets, passphrase);
  const encrypted = passphrase !== undefined;
  const ca = discoveryHash(secrets.values["ca.crt"]);
  const text = [
    `${path}: the trust of ${cluster} (${encrypted ? "mode 0600, encrypted (age)" : "mode 0600"})`,
    `CA ${ca}`,
    "Keep a copy in a safe place: it cannot be made again. Next: kimg render",
  ];
  return { text: text.join("\n"), result: { file: path, cluster, encrypted, ca }, warnings: [] };
};

/** One cluster has one trust. Where it lies beside cluster.yaml, another file would be another trust. */
const refuseSecondTrust = async (io: Io, path: string, usual: string): Promise<void> => {
  const other = resolve(path) !== resolve(usual) && (await io.files.status(path)) === undefined;
  if (other && (await io.files.status(usual)) !== undefined) throw alreadyThere(usual);
};

const refuse = (message: string): never => {
  throw new DiagnosticError([
    {
      severity: "error",
      code: "secrets/cannot-rotate",
      message,
      hint: `what can be made anew: ${rotatableItems.join(", ")}`,
    },
  ]);
};

const rotate = async (io: Io, path: string, cluster: string, item: string, options: SecretsOptions): Promise<Done> => {
  const plan = planRotation(item);
  if ("refused" in plan) return refuse(plan.refused);
  const before = await readSecrets(io, path, cluster, options);
  await updateSecretsFile(io, path, before, ({ secrets: now, write }) => write(rotateSecrets(io, now, plan.items)));
  const tokens = plan.items.some((name) => name.endsWith("-token"));
  const hint = tokens
    ? " A running cluster does not know a new token: `kimg token --render` makes one that it knows."
    : "";
  const text = `${path}: new ${plan.items.join(" and ")}. Render the seeds again.${hint}`;
  return { text, result: { file: path, rotated: plan.items }, warnings: before.warnings };
};

const encrypt = async (io: Io, path: string, cluster: string, options: SecretsOptions): Promise<Done> => {
  const before = await readSecrets(io, path, cluster, options);
  const result = { file: path, encrypted: true, changed: before.passphrase === undefined };
  if (!result.changed) return { text: `${path} is encrypted already`, result, warnings: before.warnings };
  const passphrase = await obtainPassphrase(io, options, "encrypt");
  await updateSecretsFile(io, path, before, ({ secrets: now, write }) => write(now, passphrase));
  return { text: `${path}: encrypted (age). The disk may still hold blocks of the old file.`, result, warnings: [] };
};

const perform = async (io: Io, options: SecretsOptions): Promise<Done> => {
  const { config } = await loadCluster(io, options);
  const path = options.output ?? secretsPath(options.cluster);
  if (options.rotate !== undefined) {
    if (options.encrypt === true)
      throw new UsageError("--rotate and --encrypt exclude each other", "run one after the other");
    return rotate(io, path, config.name, options.rotate, options);
  }
  const exists = (await io.files.status(path)) !== undefined;
  await refuseSecondTrust(io, path, secretsPath(options.cluster));
  if (!exists || options.encrypt !== true) return create(io, path, config.name, options);
  return encrypt(io, path, config.name, options);
};

/** What to print. Rejects with DiagnosticError, or UsageError when the options exclude each other. */
export const secrets = async (io: Io, options: SecretsOptions): Promise<string> => {
  const { text, result, warnings } = await perform(io, options);
  if (options.json !== true) return withWarnings(text, warnings, options.color);
  return JSON.stringify({ ...result, warnings: warnings.map(plainDiagnostic) }, undefined, 2);
};
