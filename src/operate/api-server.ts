// Where the cluster's API is reached from the operator's machine, and which name its certificate must bear there.
import { parseAddress } from "../config/address.ts";
import { UsageError } from "../diagnostic.ts";
import type { Cluster } from "../model.ts";
import { urlHost } from "../render/authority.ts";
import { certificateNames } from "../render/kubeadm/v1beta4.ts";
import { bareAddress, mastersOf } from "../resolve/resolve.ts";

export interface ApiServer {
  /** `https://10.0.0.10:6443`, without a slash at the end. */
  readonly url: string;
  /** The name to look for in the certificate, where it is not the host of the URL. */
  readonly serverName: string | undefined;
}

/** In every API server's certificate that kubeadm makes (cmd/kubeadm/app/util/pkiutil, GetAPIServerAltNames). */
const nameInEveryCertificate = "kubernetes";

/** Hosts that the certificates name: the ways to all API servers, and each master's own address. */
const namedHosts = (cluster: Cluster): readonly string[] => [
  ...certificateNames(cluster),
  ...mastersOf(cluster.nodes).flatMap(({ addresses }) => addresses.map(bareAddress)),
];

const parse = (given: string): URL => {
  const hint = "write it as https://HOST:PORT";
  if (!URL.canParse(given)) throw new UsageError(`--server ${given} is no URL`, hint);
  const url = new URL(given);
  if (url.protocol !== "https:") throw new UsageError("--server must begin with https://", hint);
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "" || url.pathname !== "/")
    throw new UsageError("--server takes a host and a port, and nothing else", hint);
  return url;
};

const hostOf = (url: URL): string => {
  const bare = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return parseAddress(bare)?.text ?? bare;
};

/**
 * The cluster's endpoint, or what the user gave in its place: a tunnel or a forwarded port has a name that no certificate knows, so that
 * one is asked for that they all have. Throws UsageError.
 */
export const apiServerOf = (cluster: Cluster, given?: string): ApiServer => {
  const { host, port } = cluster.endpoint;
  if (given === undefined) return { url: `https://${urlHost(host)}:${port}`, serverName: undefined };
  const url = parse(given);
  const known = namedHosts(cluster).includes(hostOf(url));
  return { url: url.origin, serverName: known ? undefined : nameInEveryCertificate };
};
