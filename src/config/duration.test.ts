import { describe, expect, it } from "vitest";
import { durationPattern, durationSeconds, goDurationSeconds } from "./duration.ts";

describe("a length of time in cluster.yaml", () => {
  it.each([
    ["90m", 5400],
    ["6h", 21_600],
    ["30d", 2_592_000],
  ])("%s is %i seconds", (text, seconds) => {
    expect(durationPattern.test(text)).toBe(true);
    expect(durationSeconds(text)).toBe(seconds);
  });

  it.each(["", "6", "6s", "0h", "06h", "1.5h", "6 h", "1h30m", "-1d", "6H", "1234567m"])("%j is none", (text) => {
    expect(durationPattern.test(text)).toBe(false);
  });
});

describe("a length of time in Go", () => {
  it.each([
    ["8760h", 31_536_000],
    ["8760h0m0s", 31_536_000],
    ["1h30m", 5400],
    ["45s", 45],
  ])("%s is %i seconds", (text, seconds) => {
    expect(goDurationSeconds(text)).toBe(seconds);
  });

  it.each(["", "1", "1d", "1.5h", "-1h", "1h "])("%j is not told", (text) => {
    expect(goDurationSeconds(text)).toBeUndefined();
  });
});
