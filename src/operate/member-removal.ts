// Which etcd member goes with a master that is to be replaced, and whether it may. Pure.
import type { DiagnosticCode } from "../codes/index.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { EtcdMember } from "./etcd.ts";

export type MemberRemoval =
  | { readonly kind: "remove"; readonly member: EtcdMember }
  | { readonly kind: "nothing" }
  | { readonly kind: "refused"; readonly diagnostic: Diagnostic };

const refused = (code: DiagnosticCode, message: string, hint: string): MemberRemoval => ({
  kind: "refused",
  diagnostic: { severity: "error", code, message, hint },
});

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");

/** By its name, or by its address when it has never started and so has none. */
const isOf = (member: EtcdMember, node: string, addresses: readonly string[]): boolean =>
  member.name === node ||
  (member.name === "" && member.peerUrls.some((url) => URL.canParse(url) && addresses.includes(hostOf(url))));

/** etcd wants more than half of those that have a vote, the one to be removed included, to agree to a removal (etcd.io, "Failure modes"). */
const quorum = (voters: number): number => Math.floor(voters / 2) + 1;

export const planMemberRemoval = (
  members: readonly EtcdMember[],
  node: string,
  addresses: readonly string[],
): MemberRemoval => {
  const member = members.find((each) => isOf(each, node, addresses));
  const voters = members.filter(({ learner }) => !learner);
  const others = voters.filter((each) => each !== member);
  const living = others.filter(({ alive }) => alive).length;
  if (living < quorum(voters.length)) {
    const message = `without ${node}, ${living} of ${voters.length} etcd members are alive, and ${quorum(voters.length)} must be`;
    return refused(
      "replace/no-quorum",
      message,
      "bring another master back first; where that cannot be, restore a snapshot",
    );
  }
  if (member === undefined) return { kind: "nothing" };
  if (member.alive) {
    const message = `the etcd member of ${node} is alive`;
    return refused("replace/still-alive", message, "two machines must never have one name: switch it off first");
  }
  return { kind: "remove", member };
};
