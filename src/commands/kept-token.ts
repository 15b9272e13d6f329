// A token that the cluster knows becomes the one that seeds are rendered with.
import type { Io } from "../edge/io.ts";
import type { Cluster, Node, SecretName, Secrets } from "../model.ts";
import type { MintedToken } from "../operate/bootstrap-token.ts";
import { mastersOf } from "../resolve/resolve.ts";
import { SECRETS_BY_BOOTSTRAP } from "../secrets/allowed-secrets.ts";
import type { SecretsUpdate } from "../secrets/file.ts";
import { bootstrapToken } from "../secrets/random-text.ts";
import { checkSeeds, writeSeeds } from "./render.ts";

/** The token's place in the secrets file. Seeds of workers hold one token, those of masters another, so that each can be exchanged alone. */
export const tokenName = (node: Node | undefined): SecretName =>
  node !== undefined && mastersOf([node]).length > 0 ? "master-token" : "worker-token";

/** Whose seeds hold it: the init node's has both, for it makes them known to a new cluster. */
export const holders = ({ nodes }: Cluster, name: SecretName): readonly string[] =>
  nodes.filter(({ role }) => SECRETS_BY_BOOTSTRAP[role.bootstrap].includes(name)).map((node) => node.name);

const withToken = (secrets: Secrets, name: SecretName, token: string): Secrets => ({
  ...secrets,
  values: { ...secrets.values, [name]: token },
});

/** For before the token is minted. Rejects with DiagnosticError when its seeds could not be written. */
export const checkTokenSeeds = (
  io: Io,
  cluster: Cluster,
  secrets: Secrets,
  name: SecretName,
  output: string,
): Promise<void> =>
  // Whichever token it will be, the same files change.
  checkSeeds(io, cluster, withToken(secrets, name, bootstrapToken(io)), output, holders(cluster, name));

/** Makes the token the one that the seeds have from now on. The file first: a seed never holds what the file does not. */
export const keepToken = async (
  io: Io,
  cluster: Cluster,
  { secrets, write }: SecretsUpdate,
  name: SecretName,
  { token }: MintedToken,
  output: string,
): Promise<string> => {
  const kept = withToken(secrets, name, token);
  await write(kept);
  return writeSeeds(io, cluster, kept, output, holders(cluster, name));
};
