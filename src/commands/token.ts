// `kimg token`: what a machine joins with after the cluster's first day, when the tokens of its first seeds are over.
import { join } from "node:path";
import { DiagnosticError, ToolError, UsageError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Cluster, Node } from "../model.ts";
import { type Api, openApi } from "../operate/api.ts";
import { mintToken } from "../operate/bootstrap-token.ts";
import { joiningOffline, offlineJoin } from "../operate/offline-join.ts";
import { toYaml } from "../render/yaml.ts";
import { updateSecretsFile } from "../secrets/file.ts";
import { findNode } from "./cluster-node.ts";
import { formatMoment, parseDuration } from "./duration.ts";
import { checkTokenSeeds, holders, keepToken, tokenName } from "./kept-token.ts";
import { writeSeeds } from "./render.ts";
import { loadTrustedCluster, noteWarnings, type TrustedCluster, type TrustOptions } from "./trusted-cluster.ts";

export interface TokenOptions extends TrustOptions {
  /** The node or pool that it is for. */
  readonly node?: string;
  /** Such as `24h`. */
  readonly ttl: string;
  readonly offline: boolean;
  /** Put it into the seeds in place of printing it. */
  readonly render: boolean;
  /** The folder that `<cluster>/` is made in. */
  readonly output: string;
  readonly server?: string;
  readonly json: boolean;
}

const joiningNode = (cluster: Cluster, name: string): Node => {
  const node = findNode(cluster, name);
  if (node.role.bootstrap !== "load-balancer") return node;
  const message = `${name} is a load balancer: it does not join, and needs no token`;
  throw new DiagnosticError([
    { severity: "error", code: "token/does-not-join", message, hint: "its seed is always good: kimg render" },
  ]);
};

const howItGetsThere = (seeds: string): string =>
  `Boot the machine with its seed from ${seeds}; one that waits with the old seed reads the new one at its next boot.`;

const viaApi = async (io: Io, api: Api, loaded: TrustedCluster, options: TokenOptions): Promise<string> => {
  const node = options.node === undefined ? undefined : joiningNode(loaded.cluster, options.node);
  const name = tokenName(node);
  const purpose = `joins ${node?.name ?? "nodes"}, minted by kimg`;
  const mint = () => mintToken(io, api, parseDuration("--ttl", options.ttl), purpose);
  if (!options.render) {
    const minted = await mint();
    io.progress.note(`good until ${formatMoment(minted.ends)}; with --render it goes into the seeds`);
    return options.json ? JSON.stringify({ kind: "token", ...minted }, undefined, 2) : minted.token;
  }
  const { cluster, secretsFile } = loaded;
  const { ends, seeds } = await updateSecretsFile(io, secretsFile, loaded, async (update) => {
    await checkTokenSeeds(io, cluster, update.secrets, name, options.output);
    const minted = await mint();
    return { ends: minted.ends, seeds: await keepToken(io, cluster, update, name, minted, options.output) };
  });
  const names = holders(cluster, name);
  if (options.json) return JSON.stringify({ kind: "token", rendered: names, ends }, undefined, 2);
  return [
    `a new ${name}, good until ${formatMoment(ends)}, is in ${secretsFile} and the seeds of ${names.join(", ")}`,
    seeds,
    howItGetsThere(join(options.output, cluster.name)),
  ].join("\n");
};

const offline = async (io: Io, { cluster, secrets }: TrustedCluster, options: TokenOptions): Promise<string> => {
  const node = joiningNode(cluster, options.node ?? "");
  const made = await offlineJoin(io, cluster, secrets, node.name, parseDuration("--ttl", options.ttl));
  const until = formatMoment(made.ends);
  if (!options.render) {
    io.progress.note(
      `good until ${until}; with --render it goes into the seed of ${node.name}, else its JoinConfiguration's discovery.file names it`,
    );
    return options.json ? JSON.stringify(made.kubeconfig, undefined, 2) : toYaml(made.kubeconfig).trimEnd();
  }
  const joining = joiningOffline(cluster, node.name, made);
  const seeds = await writeSeeds(io, joining, secrets, options.output, [node.name]);
  if (options.json) return JSON.stringify({ kind: "kubeconfig", rendered: [node.name], ends: made.ends }, undefined, 2);
  return [
    `the seed of ${node.name} joins with a certificate, good until ${until}, in place of a token; the next kimg render takes it out again`,
    seeds,
    howItGetsThere(join(options.output, cluster.name, node.name)),
  ].join("\n");
};

const refuseUnreachable = (api: Api, reason: string, { node }: TokenOptions): ToolError => {
  const hint = `without the API: kimg token --offline --node ${node ?? "NAME"}, or another way to it with --server`;
  return new ToolError(`minting a join token at ${api.server.url}`, { tail: reason, hint });
};

/** What to print: the credential itself unless it goes into seeds. Rejects with DiagnosticError, UsageError or ToolError. */
export const token = async (io: Io, options: TokenOptions): Promise<string> => {
  parseDuration("--ttl", options.ttl);
  if (options.offline && options.node === undefined)
    throw new UsageError("--offline needs --node NAME", "a certificate is for the seed of one node or pool");
  const loaded = await loadTrustedCluster(io, options);
  noteWarnings(io, loaded.warnings);
  if (options.offline) return offline(io, loaded, options);
  if (options.node !== undefined) joiningNode(loaded.cluster, options.node);
  const api = await openApi(io, loaded.cluster, loaded.secrets, options.server);
  const reason = await api.unreachable();
  if (reason === undefined) return viaApi(io, api, loaded, options);
  // Either goes into the seed; what is printed, though, must not change its kind.
  if (!options.render || options.node === undefined) throw refuseUnreachable(api, reason, options);
  io.progress.note(
    `the API at ${api.server.url} cannot be reached (${reason}): a certificate is put in place of a token`,
  );
  return offline(io, loaded, options);
};
