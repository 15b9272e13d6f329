// The Kubernetes API as an administrator sees it, over TLS both ways. Owns how a request becomes an answer or an error for people;
// must not know what is asked for.
import { ToolError } from "../diagnostic.ts";
import type { Io, TlsAnswer, TlsCall } from "../edge/io.ts";
import type { Cluster, Json, Secrets } from "../model.ts";
import { type ClientCertificate, issueClientCertificate } from "../secrets/authority.ts";
import { isMap, jsonObject, reasonOf } from "./answer-body.ts";
import { type ApiServer, apiServerOf } from "./api-server.ts";

export interface Api {
  readonly server: ApiServer;
  /** Why nobody can be asked there; undefined when somebody can, or when what is there is not to be trusted: the next question says so. */
  readonly unreachable: () => Promise<string | undefined>;
  /** Undefined when there is none. */
  readonly get: (path: string) => Promise<Json | undefined>;
  /** Every item of a list, whatever its length; of objects without their kind, as lists have them. */
  readonly list: (path: string) => Promise<readonly Json[]>;
  /** False when it exists. */
  readonly create: (path: string, object: Json) => Promise<boolean>;
  /** Only the object of that uid: rejects with ToolError when another has its name by now. False when there was none. */
  readonly remove: (path: string, uid: string) => Promise<boolean>;
  /** End of the certificate of the API server that answered last. */
  readonly certificateEnds: () => Date | undefined;
}

/** kubeadm binds this group to cluster-admin (cmd/kubeadm/app/constants, ClusterAdminsGroupAndClusterRoleBinding). */
export const administrators = "kubeadm:cluster-admins";

/** In the audit log: what kimg did. */
const ownName = "kimg";

/** For one command; a clock may be an hour ahead of ours. */
const ownLifetime = 2 * 3_600_000;

/** For what this command asks of the API, and never written down. */
export const ownCertificate = (io: Io, { values }: Secrets): Promise<ClientCertificate> =>
  issueClientCertificate(
    io,
    { certificate: values["ca.crt"], key: values["ca.key"] },
    { user: ownName, groups: [administrators], lifetimeMilliseconds: ownLifetime },
  );

const failureHints = {
  unreachable:
    "is this machine in the cluster's network? --server https://HOST:PORT reaches it by another way, such as a tunnel",
  untrusted: "another cluster or program answers there, or the secrets file is another cluster's",
  broken: "is that port the Kubernetes API's?",
} as const;

const statusHints: Readonly<Record<number, string>> = {
  401: "is this the secrets file of the cluster that answers there, and is the clock of this machine right?",
  403: `the group ${administrators} needs its ClusterRoleBinding: kubeadm makes it at the end of init`,
  409: "it is another one since it was looked at: run the command again, which looks anew",
};

const parsed = (doing: string, { body }: TlsAnswer): Json => {
  const object = jsonObject(body);
  if (object !== undefined) return object;
  throw new ToolError(doing, { tail: "the answer is no JSON object", hint: failureHints.broken });
};

type Send = (method: TlsCall["method"], path: string, body?: Json) => Promise<TlsAnswer>;

/** Rejects with ToolError when there is no answer, or one that `accept` has not. */
const sender = (io: Io, server: ApiServer, credentials: Omit<TlsCall, "method" | "url">) => {
  let ends: Date | undefined;
  const send =
    (accept: readonly number[]): Send =>
    async (method, path, body) => {
      const doing = `asking the API at ${server.url} (${method} ${path.split("?")[0]})`;
      const call = { ...credentials, method, url: `${server.url}${path}`, serverName: server.serverName };
      const result = await io.network.call(body === undefined ? call : { ...call, body: JSON.stringify(body) });
      if (result.kind !== "answer")
        throw new ToolError(doing, { tail: result.message, hint: failureHints[result.kind] });
      ends = result.certificateEnds;
      if (accept.includes(result.status)) return result;
      const hint = statusHints[result.status];
      throw new ToolError(doing, {
        tail: `${result.status}: ${reasonOf(result.body)}`,
        ...(hint === undefined ? {} : { hint }),
      });
    };
  const unreachable = async (): Promise<string | undefined> => {
    const call = {
      ...credentials,
      method: "GET" as const,
      url: `${server.url}/version`,
      serverName: server.serverName,
    };
    const result = await io.network.call(call);
    return result.kind === "unreachable" ? result.message : undefined;
  };
  return { send, unreachable, certificateEnds: () => ends };
};

/** A list of thousands comes in parts (kubernetes.io, API concepts, "Retrieving large results sets in chunks"). */
const partSize = 500;

const listAll = async (send: Send, path: string): Promise<readonly Json[]> => {
  const items: Json[] = [];
  let rest = "";
  do {
    const separator = path.includes("?") ? "&" : "?";
    const from = rest === "" ? "" : `&continue=${encodeURIComponent(rest)}`;
    const part = parsed(`listing ${path}`, await send("GET", `${path}${separator}limit=${partSize}${from}`));
    items.push(...(Array.isArray(part["items"]) ? (part["items"] as Json[]) : []));
    const metadata = part["metadata"];
    const next = isMap(metadata) ? metadata["continue"] : undefined;
    rest = typeof next === "string" ? next : "";
  } while (rest !== "");
  return items;
};

/** Asks nothing yet. Throws UsageError when `--server` is no server. */
export const openApi = async (io: Io, cluster: Cluster, secrets: Secrets, given?: string): Promise<Api> => {
  const server = apiServerOf(cluster, given);
  const { certificate, key } = await ownCertificate(io, secrets);
  const credentials = { authority: secrets.values["ca.crt"], certificate, key };
  const { send, unreachable, certificateEnds } = sender(io, server, credentials);
  return {
    server,
    unreachable,
    certificateEnds,
    get: async (path) => {
      const answer = await send([200, 404])("GET", path);
      return answer.status === 404 ? undefined : parsed(`reading ${path}`, answer);
    },
    list: (path) => listAll(send([200]), path),
    create: async (path, object) => (await send([200, 201, 202, 409])("POST", path, object)).status !== 409,
    remove: async (path, uid) => {
      const options = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } };
      return (await send([200, 202, 404])("DELETE", path, options)).status !== 404;
    },
  };
};
