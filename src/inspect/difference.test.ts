import { describe, expect, it } from "vitest";
import { compareTexts, leavesOf } from "./difference.ts";

describe("two maps", () => {
  it("differ in what is added, removed and changed, by name", () => {
    expect(compareTexts("packages", { a: "1", b: "1", c: "1" }, { b: "2", c: "1", d: "1" })).toEqual([
      { of: "packages", change: "removed", what: "a", a: "1" },
      { of: "packages", change: "changed", what: "b", a: "1", b: "2" },
      { of: "packages", change: "added", what: "d", b: "1" },
    ]);
  });
});

describe("leaves of a document", () => {
  it("have their places, and items of a list their names where they have any", () => {
    const document = { nodes: [{ name: "cp1", addresses: ["10.0.0.1"] }, { name: "w1" }], none: null, empty: {} };
    expect([...leavesOf(document)]).toEqual([
      [".nodes[cp1].name", "cp1"],
      [".nodes[cp1].addresses[0]", "10.0.0.1"],
      [".nodes[w1].name", "w1"],
    ]);
  });

  it("are numbered where two items have one name", () => {
    expect([...leavesOf([{ name: "a" }, { name: "a", b: 1 }]).keys()]).toEqual(["[0].name", "[1].name", "[1].b"]);
  });
});
