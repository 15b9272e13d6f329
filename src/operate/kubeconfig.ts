// A kubeconfig (kubernetes.io, "Organizing Cluster Access Using kubeconfig Files"; client-go, tools/clientcmd/api/v1) of one cluster
// and one client certificate.
import type { Json } from "../model.ts";
import type { ApiServer } from "./api-server.ts";

export interface KubeconfigInput {
  readonly cluster: string;
  readonly server: ApiServer;
  /** PEM. */
  readonly authority: string;
  readonly user: string;
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Everything is inside: no path leads out of it. The user's entry bears the cluster's name, so that several can be merged. */
export const kubeconfig = (input: KubeconfigInput): Json => {
  const name = `${input.user}@${input.cluster}`;
  const { url, serverName } = input.server;
  const cluster = {
    "certificate-authority-data": base64(input.authority),
    server: url,
    ...(serverName === undefined ? {} : { "tls-server-name": serverName }),
  };
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: input.cluster, cluster }],
    users: [
      {
        name,
        user: { "client-certificate-data": base64(input.certificate), "client-key-data": base64(input.key) },
      },
    ],
    contexts: [{ name, context: { cluster: input.cluster, user: name } }],
    "current-context": name,
  };
};
