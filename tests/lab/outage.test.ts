import { describe, expect, it } from "vitest";
import { longestGap, parseAnswers } from "./outage.ts";

const line = (kind: "read" | "write", ok: boolean, at: number): string => `${JSON.stringify({ kind, ok, at })}\n`;

describe("answers to a poll", () => {
  it("are read up to the last whole line", () => {
    expect(parseAnswers(`${line("read", true, 1)}warning: something\n${line("read", false, 2).slice(0, 9)}`)).toEqual([
      { kind: "read", ok: true, at: 1 },
    ]);
  });

  it("tell the longest time without a good one", () => {
    const text = [
      line("read", true, 1_000),
      line("write", true, 1_100),
      line("read", false, 3_000),
      line("read", true, 4_500),
      line("write", true, 1_300),
    ].join("");
    expect(longestGap(parseAnswers(text), "read")).toBe(3.5);
    expect(longestGap(parseAnswers(text), "write")).toBe(0.2);
  });

  it("count what has not come back at the end", () => {
    expect(longestGap(parseAnswers(line("read", true, 0) + line("read", false, 9_000)), "read")).toBe(9);
    expect(longestGap(parseAnswers(line("read", false, 9_000)), "read")).toBe(Number.POSITIVE_INFINITY);
  });
});
