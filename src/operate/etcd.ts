// The cluster's etcd past Kubernetes, for what its API cannot do: whose member is gone, and its removal. By the JSON gateway on every
// member's client port (etcd.io, "gRPC gateway"), with a certificate of the etcd CA, as kubeadm's own health checks have one.
import { ToolError } from "../diagnostic.ts";
import type { Io, TlsAnswer, TlsFailure } from "../edge/io.ts";
import type { Json, JsonValue, Secrets } from "../model.ts";
import { urlHost } from "../render/authority.ts";
import { issueClientCertificate } from "../secrets/authority.ts";
import { isMap, jsonObject, reasonOf } from "./answer-body.ts";

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
  /** In words, what is said at its client URL, by it or by whoever has the address now; undefined when nobody takes the connection. */
  readonly answers: string | undefined;
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

/** The object of a 200; else what somebody says, or why nobody is there. */
type Reply =
  | { readonly kind: "object"; readonly object: Json }
  | { readonly kind: "somebody" | "nobody"; readonly words: string };

const replyOf = (result: TlsAnswer | TlsFailure): Reply => {
  if (result.kind === "answer") {
    const object = result.status === 200 ? jsonObject(result.body) : undefined;
    if (object !== undefined) return { kind: "object", object };
    return { kind: "somebody", words: `${result.status}: ${reasonOf(result.body)}` };
  }
  const nobody = result.kind === "unreachable" && result.connected !== true;
  return { kind: nobody ? "nobody" : "somebody", words: result.message };
};

type Ask = (name: string, url: string, path: string, body: Json) => Promise<Reply>;

const asker = async (io: Io, { values }: Secrets): Promise<Ask> => {
  const authority = { certificate: values["etcd-ca.crt"], key: values["etcd-ca.key"] };
  const identity = { user: "kimg", groups: [], lifetimeMilliseconds: 2 * 3_600_000 };
  const { certificate, key } = await issueClientCertificate(io, authority, identity);
  return async (name, url, path, body) => {
    const trust = { authority: authority.certificate, certificate, key, serverName: name, patience };
    const call = { method: "POST", url: `${url}${path}`, body: JSON.stringify(body), ...trust } as const;
    return replyOf(await io.network.call(call));
  };
};

const texts = (value: JsonValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];

type ListedMember = Omit<EtcdMember, "alive" | "answers">;

/** The gateway leaves out what is empty or false, and writes 64 bits as text. */
const memberOf = (member: Json): ListedMember => ({
  id: typeof member["ID"] === "string" ? member["ID"] : "",
  name: typeof member["name"] === "string" ? member["name"] : "",
  peerUrls: texts(member["peerURLs"]),
  clientUrls: texts(member["clientURLs"]),
  learner: member["isLearner"] === true,
});

const observed = async (ask: Ask, member: ListedMember): Promise<EtcdMember> => {
  const { name, clientUrls } = member;
  const [url] = clientUrls;
  if (url === undefined) return { ...member, alive: false, answers: undefined };
  const reply = await ask(name, url, "/v3/maintenance/status", {});
  if (reply.kind !== "object")
    return { ...member, alive: false, answers: reply.kind === "nobody" ? undefined : reply.words };
  const { leader } = reply.object;
  const alive = typeof leader === "string" && leader !== "0";
  return { ...member, alive, answers: alive ? "it has a leader" : "it has no leader" };
};

const read = async (ask: Ask, url: string, list: Json, name: string): Promise<Etcd> => {
  const raw = list["members"];
  const members = (Array.isArray(raw) ? raw.filter(isMap) : []).map(memberOf);
  return {
    url,
    members: await Promise.all(members.map((member) => observed(ask, member))),
    remove: async ({ id, name: gone }) => {
      const reply = await ask(name, url, "/v3/cluster/member/remove", { ID: id });
      if (reply.kind !== "object")
        throw new ToolError(`removing the etcd member ${gone || id} at ${url}`, { tail: reply.words });
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
    const reply = await ask(name, url, "/v3/cluster/member/list", { linearizable: false });
    if (reply.kind === "object") return read(ask, url, reply.object, name);
    reasons.push(`${name} (${url}): ${reply.words}`);
  }
  throw new ToolError("asking etcd for its members", {
    tail: reasons.join("\n") || "no other master has an address that is known",
    hint: `is this machine in the masters' network? etcd is asked on port ${clientPort} of a master that lives`,
  });
};
