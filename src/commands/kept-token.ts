// A token that the cluster knows becomes the one that seeds are rendered with.
import type { Io } from "../edge/io.ts";
import type { Cluster, Node, SecretName, Secrets } from "../model.ts";
import type { MintedToken } from "../operate/bootstrap-token.ts";
import { mastersOf } from "../resolve/resolve.ts";
import { replaceSecretsFile } from "../secrets/file.ts";
import { writeSeeds } from "./render.ts";
import type { TrustedCluster } from "./trusted-cluster.ts";

/** The token's place in the secrets file. Seeds of workers hold one token, those of masters another, so that each can be exchanged alone. */
export const tokenName = (node: Node | undefined): SecretName =>
  node !== undefined && mastersOf([node]).length > 0 ? "master-token" : "worker-token";

export const holders = ({ nodes }: Cluster, name: SecretName): readonly string[] =>
  nodes
    .filter(({ role }) => role.bootstrap !== "load-balancer")
    .filter((node) => tokenName(node) === name)
    .map((node) => node.name);

/** Makes the token the one that the seeds have from now on. The file first: a seed never holds what the file does not. */
export const keepToken = async (
  io: Io,
  { cluster, secrets, secretsFile, passphrase }: TrustedCluster,
  name: SecretName,
  { token }: MintedToken,
  output: string,
): Promise<string> => {
  const kept: Secrets = { ...secrets, values: { ...secrets.values, [name]: token } };
  await replaceSecretsFile(io, secretsFile, kept, passphrase);
  return writeSeeds(io, cluster, kept, output);
};
