// Which etcd members go with a master that is to be replaced, and whether they may. Pure.
import type { DiagnosticCode } from "../codes/index.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { EtcdMember } from "./etcd.ts";

export type MemberRemoval =
  /** None when it is gone already. */
  | { readonly kind: "remove"; readonly members: readonly EtcdMember[] }
  | { readonly kind: "refused"; readonly diagnostic: Diagnostic };

const refused = (code: DiagnosticCode, message: string, hint: string): MemberRemoval => ({
  kind: "refused",
  diagnostic: { severity: "error", code, message, hint },
});

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");

/** Those of its name; else one that has never started, and so is known by its address alone. */
const membersOf = (
  members: readonly EtcdMember[],
  node: string,
  addresses: readonly string[],
): readonly EtcdMember[] => {
  const named = members.filter(({ name }) => name === node);
  if (named.length > 0) return named;
  const isThere = (url: string): boolean => URL.canParse(url) && addresses.includes(hostOf(url));
  return members.filter(({ name, peerUrls }) => name === "" && peerUrls.some(isThere));
};

/** etcd wants more than half of those that have a vote, the one to be removed included, to agree to a removal (etcd.io, "Failure modes"). */
const quorum = (voters: number): number => Math.floor(voters / 2) + 1;

const stillAlive = (node: string, { clientUrls, answers }: EtcdMember): MemberRemoval =>
  refused(
    "replace/still-alive",
    `at ${clientUrls[0]}, where the etcd member of ${node} belongs, somebody answers: ${answers}`,
    `two machines must never have one name: switch ${node} off first; where another machine or a proxy answers in its place, remove the member with etcdctl, then again`,
  );

/** `addresses`: those that cluster.yaml gives the node. What a Node of the API had last may be another machine's by now. */
export const planMemberRemoval = (
  members: readonly EtcdMember[],
  node: string,
  addresses: readonly string[],
): MemberRemoval => {
  const own = membersOf(members, node, addresses);
  const voters = members.filter(({ learner }) => !learner);
  const living = voters.filter((each) => each.alive && !own.includes(each)).length;
  if (living < quorum(voters.length)) {
    const message = `without ${node}, ${living} of ${voters.length} etcd members are alive, and ${quorum(voters.length)} must be`;
    return refused(
      "replace/no-quorum",
      message,
      "bring another master back first; where that cannot be, restore a snapshot",
    );
  }
  const answering = own.find(({ answers }) => answers !== undefined);
  return answering === undefined ? { kind: "remove", members: own } : stillAlive(node, answering);
};
