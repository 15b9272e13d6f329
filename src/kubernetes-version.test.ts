import { describe, expect, it } from "vitest";
import { nearestVersion } from "./kubernetes-version.ts";

describe("nearestVersion", () => {
  const supported = ["1.37.2", "1.36.3", "1.36.1", "1.34.4"];
  it.each([
    ["1.37.9", "1.37.2"],
    ["1.36.0", "1.36.1"],
    ["1.36.4", "1.36.3"],
    ["1.35.0", "1.36.3"],
    ["1.36", "1.36.3"],
    ["1.20.0", "1.34.4"],
    ["v1.38.0", "1.37.2"],
  ])("takes %s for %s", (wanted, expected) => {
    expect(nearestVersion(wanted, supported)).toBe(expected);
  });

  it("knows none when there are none", () => {
    expect(nearestVersion("1.37.2", [])).toBeUndefined();
  });
});
