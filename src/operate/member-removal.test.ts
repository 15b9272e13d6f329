import { describe, expect, it } from "vitest";
import type { EtcdMember } from "./etcd.ts";
import { planMemberRemoval } from "./member-removal.ts";

const member = (name: string, more: Partial<EtcdMember> = {}): EtcdMember => ({
  id: `1${name.slice(2)}`,
  name,
  peerUrls: [`https://10.0.0.2${name.slice(2)}:2380`],
  clientUrls: [`https://10.0.0.2${name.slice(2)}:2379`],
  learner: false,
  alive: true,
  ...more,
});
const dead = { alive: false } as const;

const decide = (members: readonly EtcdMember[], addresses: readonly string[] = ["10.0.0.22"]): string => {
  const plan = planMemberRemoval(members, "cp2", addresses);
  if (plan.kind === "remove") return `remove ${plan.member.id}`;
  return plan.kind === "refused" ? plan.diagnostic.code : plan.kind;
};

describe("the etcd member of a master that is replaced", () => {
  it.each([
    ["a dead one of three", [member("cp1"), member("cp2", dead), member("cp3")], "remove 12"],
    ["one that is gone already", [member("cp1"), member("cp3")], "nothing"],
    ["a living one of three", [member("cp1"), member("cp2"), member("cp3")], "replace/still-alive"],
    ["a dead one of two", [member("cp1"), member("cp2", dead)], "replace/no-quorum"],
    [
      "a dead one of three, another dead",
      [member("cp1"), member("cp2", dead), member("cp3", dead)],
      "replace/no-quorum",
    ],
    [
      "a dead one of five, another dead",
      [member("cp1"), member("cp2", dead), member("cp3", dead), member("cp4"), member("cp5")],
      "remove 12",
    ],
    ["the only one", [member("cp2", dead)], "replace/no-quorum"],
    ["a dead learner beside one", [member("cp1"), member("cp2", { ...dead, learner: true })], "remove 12"],
    [
      "one that never started, by its address",
      [member("cp1"), member("cp2", { ...dead, name: "", clientUrls: [], learner: true }), member("cp3")],
      "remove 12",
    ],
    [
      "another's that never started",
      [member("cp1"), member("cp4", { ...dead, name: "", clientUrls: [], learner: true }), member("cp3")],
      "nothing",
    ],
    ["one that is gone, where the quorum is gone too", [member("cp1"), member("cp3", dead)], "replace/no-quorum"],
  ] as const)("%s", (_case, members, expected) => {
    expect(decide(members)).toBe(expected);
  });

  it("says how many live and how many must", () => {
    const plan = planMemberRemoval([member("cp1"), member("cp2", dead), member("cp3", dead)], "cp2", []);
    expect(plan).toMatchObject({
      diagnostic: { message: "without cp2, 1 of 3 etcd members are alive, and 2 must be" },
    });
  });
});
