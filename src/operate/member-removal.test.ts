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
  answers: "it has a leader",
  ...more,
});
const dead = { alive: false, answers: undefined } as const;
const unnamed = { ...dead, name: "", clientUrls: [], learner: true } as const;

const decide = (members: readonly EtcdMember[], addresses: readonly string[] = ["10.0.0.22"]): string => {
  const plan = planMemberRemoval(members, "cp2", addresses);
  return plan.kind === "remove" ? `remove ${plan.members.map(({ id }) => id).join(" ")}` : plan.diagnostic.code;
};

describe("the etcd member of a master that is replaced", () => {
  it.each([
    ["a dead one of three", [member("cp1"), member("cp2", dead), member("cp3")], "remove 12"],
    ["one that is gone already", [member("cp1"), member("cp3")], "remove "],
    ["a living one of three", [member("cp1"), member("cp2"), member("cp3")], "replace/still-alive"],
    [
      "one that is cut off from the others",
      [member("cp1"), member("cp2", { alive: false, answers: "it has no leader" }), member("cp3")],
      "replace/still-alive",
    ],
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
    ["one that never started, by its address", [member("cp1"), member("cp2", unnamed), member("cp3")], "remove 12"],
    ["another's that never started", [member("cp1"), member("cp4", unnamed), member("cp3")], "remove "],
    [
      "one that is named, whoever has its address by now",
      [{ ...member("cp2", unnamed), id: "9" }, member("cp1"), member("cp2", dead), member("cp3")],
      "remove 12",
    ],
    [
      "two of its name, both dead",
      [member("cp1"), member("cp2", dead), member("cp2", { ...dead, id: "9", learner: true }), member("cp3")],
      "remove 12 9",
    ],
    [
      "two of its name, one of which lives",
      [member("cp1"), member("cp2", dead), member("cp2", { id: "9", learner: true }), member("cp3")],
      "replace/still-alive",
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
