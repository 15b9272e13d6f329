import { expect, it } from "vitest";
import { didYouMean, nearest } from "./did-you-mean.ts";

const roles = ["haproxy", "master-init", "master-join", "worker"];

it.each([
  ["mastr-join", "master-join"],
  ["masterJoin", "master-join"],
  ["MASTER_INIT", "master-init"],
  ["wroker", "worker"],
  ["workers", "worker"],
  ["ha-proxy", "haproxy"],
  ["knecht", undefined],
  ["x", undefined],
  ["", undefined],
])("%s → %s", (name, meant) => {
  expect(nearest(name, roles)).toBe(meant);
});

it("takes the nearest, and of two equally near the first", () => {
  expect(nearest("master-jnit", roles)).toBe("master-init");
  expect(nearest("cat", ["bat", "hat"])).toBe("bat");
});

it("makes half a sentence, or none", () => {
  expect(didYouMean("wroker", roles)).toBe('; did you mean "worker"?');
  expect(didYouMean("knecht", roles)).toBe("");
});

it("is quick with a name of any length", () => {
  expect(nearest("a".repeat(1_000_000), roles)).toBeUndefined();
});
