// cluster.yaml with the cluster's trust: what every command begins with that makes credentials, seeds, or calls the cluster.
import { formatDiagnostics, type Diagnostic } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Cluster, Secrets } from "../model.ts";
import { resolveCluster } from "../resolve/resolve.ts";
import { readSecrets, secretsPath } from "../secrets/file.ts";
import type { PassphraseSource } from "../secrets/passphrase.ts";
import { loadCluster, type LoadOptions } from "./check.ts";
import type { Confirmation } from "./confirm.ts";

export interface TrustOptions extends LoadOptions, PassphraseSource {
  /** The secrets file; beside cluster.yaml when not given. */
  readonly secrets?: string;
}

/** Of commands that change what cannot be put back: they say what they would do, and ask first. */
export interface ConfirmedOptions extends TrustOptions, Confirmation {
  readonly node: string;
  readonly server?: string;
  /** The folder that `<cluster>/` is made in. */
  readonly output: string;
  readonly json: boolean;
}

export interface TrustedCluster {
  readonly cluster: Cluster;
  readonly secrets: Secrets;
  readonly secretsFile: string;
  /** What opened the secrets file; undefined when it lies in clear. */
  readonly passphrase: string | undefined;
  readonly warnings: readonly Diagnostic[];
}

/** Rejects with DiagnosticError. */
export const loadTrustedCluster = async (io: Io, options: TrustOptions): Promise<TrustedCluster> => {
  const { config, library, manifests, warnings: ofCluster } = await loadCluster(io, options);
  const secretsFile = options.secrets ?? secretsPath(options.cluster);
  const { secrets, passphrase, warnings: ofSecrets } = await readSecrets(io, secretsFile, config.name, options);
  const cluster = resolveCluster(config, library, manifests);
  return { cluster, secrets, secretsFile, passphrase, warnings: [...ofCluster, ...ofSecrets] };
};

/** Beside a result that a program may read: on standard error. */
export const noteWarnings = (io: Io, warnings: readonly Diagnostic[]): void => {
  if (warnings.length > 0) io.progress.note(formatDiagnostics(warnings, { color: false }));
};
