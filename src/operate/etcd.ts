// The cluster's etcd past Kubernetes, for what its API cannot do: whose member is gone, and its removal. By the JSON gateway on every
// member's client port (etcd.io, "gRPC gateway"), with a certificate of the etcd CA, as kubeadm's own health checks have one.
import { ToolError } from "../diagnostic.ts";
import type { Io, TlsAnswer } from "../edge/io.ts";
import type { Json, JsonValue, Secrets } from "../model.ts";
import { urlHost } from "../render/authority.ts";
import { issueClientCertificate } from "../secrets/authority.ts";

export interface EtcdMember {
  /** Decimal, 64 bits. */
  readonly id: string;
  /** The node's name; empty before the member has started for the first time. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  /** Has no vote yet. */
  readonly learner: boolean;
  /** Answers, and follows or is a leader. */
  readonly alive: boolean;
}

export interface Etcd {
  /** The member that is asked. */
  readonly url: string;
  readonly members: readonly EtcdMember[];
  /** Rejects with ToolError; etcd itself refuses what would cost the quorum. */
  readonly remove: (member: EtcdMember) => Promise<void>;
}

/** Where a member may be found; kubeadm gives every member its node's name, in its certificate too. */
export interface EtcdEntry {
  readonly name: string;
  readonly address: string;
}

const clientPort = 2379;
/** A removal waits for the other members' agreement. */
const patience = 10_000;

type Ask = (name: string, url: string, path: string, body: Json) => Promise<TlsAnswer | string>;

/** The answer, or why there is none. */
const asker = async (io: Io, { values }: Secrets): Promise<Ask> => {
  const authority = { certificate: values["etcd-ca.crt"], key: values["etcd-ca.key"] };
  const identity = { user: "kimg", groups: [], lifetimeMilliseconds: 2 * 3_600_000 };
  const { certificate, key } = await issueClientCertificate(io, authority, identity);
  return async (name, url, path, body) => {
    const trust = { authority: authority.certificate, certificate, key, serverName: name, patience };
    const result = await io.network.call({
      method: "POST",
      url: `${url}${path}`,
      body: JSON.stringify(body),
      ...trust,
    });
    if (result.kind !== "answer") return result.message;
    return result.status === 200 ? result : `${result.status}: ${result.body.slice(0, 200)}`;
  };
};

const parsed = ({ body }: TlsAnswer): Json => JSON.parse(body) as Json;

const texts = (value: JsonValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];

/** The gateway leaves out what is empty or false, and writes 64 bits as text. */
const memberOf = (member: Json): Omit<EtcdMember, "alive"> => ({
  id: typeof member["ID"] === "string" ? member["ID"] : "",
  name: typeof member["name"] === "string" ? member["name"] : "",
  peerUrls: texts(member["peerURLs"]),
  clientUrls: texts(member["clientURLs"]),
  learner: member["isLearner"] === true,
});

const isAlive = async (ask: Ask, { name, clientUrls }: Omit<EtcdMember, "alive">): Promise<boolean> => {
  const [url] = clientUrls;
  if (url === undefined) return false;
  const answer = await ask(name, url, "/v3/maintenance/status", {});
  if (typeof answer === "string") return false;
  const { leader } = parsed(answer);
  return typeof leader === "string" && leader !== "0";
};

const read = async (ask: Ask, url: string, list: TlsAnswer, name: string): Promise<Etcd> => {
  const raw = parsed(list)["members"];
  const members = (Array.isArray(raw) ? (raw as Json[]) : []).map(memberOf);
  return {
    url,
    members: await Promise.all(members.map(async (member) => ({ ...member, alive: await isAlive(ask, member) }))),
    remove: async ({ id, name: gone }) => {
      const answer = await ask(name, url, "/v3/cluster/member/remove", { ID: id });
      if (typeof answer === "string")
        throw new ToolError(`removing the etcd member ${gone || id} at ${url}`, { tail: answer });
    },
  };
};

/** Asks one after the other until one answers. Rejects with ToolError when none does. */
export const openEtcd = async (io: Io, secrets: Secrets, entries: readonly EtcdEntry[]): Promise<Etcd> => {
  const ask = await asker(io, secrets);
  const reasons: string[] = [];
  for (const { name, address } of entries) {
    const url = `https://${urlHost(address)}:${clientPort}`;
    // What this member knows: a list that all agree on needs the quorum that may be lost.
    const answer = await ask(name, url, "/v3/cluster/member/list", { linearizable: false });
    if (typeof answer !== "string") return read(ask, url, answer, name);
    reasons.push(`${name} (${url}): ${answer}`);
  }
  throw new ToolError("asking etcd for its members", {
    tail: reasons.join("\n") || "no other master has an address that is known",
    hint: `is this machine in the masters' network? etcd is asked on port ${clientPort} of a master that lives`,
  });
};
