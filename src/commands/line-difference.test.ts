import { describe, expect, it } from "vitest";
import { seededWorld } from "../../tests/support/seeded-world.ts";
import { differentLines } from "./line-difference.ts";

const shown = (before: string, now: string): string =>
  differentLines(before.split(""), now.split(""))
    .map(({ kind, index }) => ({ same: " ", before: "-", now: "+" })[kind] + (kind === "before" ? before : now)[index])
    .join("");

describe("lines that differ", () => {
  it.each([
    ["abc", "abc", " a b c"],
    ["abc", "axc", " a-b+x c"],
    ["abc", "ac", " a-b c"],
    ["ac", "abc", " a+b c"],
    ["", "a", "+a"],
    ["a", "", "-a"],
    ["abcdef", "axcdyf", " a-b+x c d-e+y f"],
  ])("%j → %j", (before, now, said) => {
    expect(shown(before, now)).toBe(said);
  });

  it("make the new text of the old, whatever they are", () => {
    const { random } = seededWorld("lines");
    for (let round = 0; round < 200; round += 1) {
      const texts = [1, 2].map(() => [...random(14)].map((byte) => String(byte % 3)));
      const [before = [], now = []] = texts;
      const lines = differentLines(before, now);
      const of = (kind: "before" | "now"): readonly (string | undefined)[] =>
        lines
          .filter((line) => line.kind === "same" || line.kind === kind)
          .map((line) => (line.kind === "before" ? before : now)[line.index]);
      expect(of("now")).toEqual(now);
      expect(of("before")).toEqual(before);
    }
  });

  it("of texts too large to compare are all of them", () => {
    const [before, now] = ["a", "b"].map((letter) => Array.from({ length: 2500 }, (_, index) => `${letter}${index}`));
    expect(differentLines(before ?? [], now ?? [])).toHaveLength(5000);
  });
});
