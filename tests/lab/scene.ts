// What a case is, and what it is given: a lab, and a way to assert. A case says what it did not find by throwing.
import type { Lab } from "./lab.ts";

export interface Case {
  readonly name: string;
  /** What is done, in a line. */
  readonly does: string;
  /** What it must end in: the right-hand side of the failure matrix. */
  readonly endsIn: string;
  /** Run by `./test`; the others by `case all` only. */
  readonly inTest: boolean;
  /** Every machine off with a fresh disk, or a cluster that has formed. */
  readonly from: "fresh" | "formed";
  /** A formed cluster is handed on to the next case that wants one. */
  readonly leaves: "formed" | "spoilt";
  readonly run: (scene: Scene) => Promise<void>;
}

export interface Assertion {
  readonly what: string;
  readonly result: "passed" | "failed";
  /** From the beginning of the case to the end of this assertion. */
  readonly at: number;
  readonly seconds: number;
  /** What was wrong, or what was measured. */
  readonly detail?: string;
}

export interface Scene {
  readonly lab: Lab;
  /** Runs `work`; what it throws fails the assertion and ends the case, and a text that it gives is kept with it. */
  readonly check: (what: string, work: () => Promise<string | void>) => Promise<void>;
  readonly note: (text: string) => void;
}

export interface RecordedScene extends Scene {
  readonly assertions: readonly Assertion[];
  readonly seconds: () => number;
}

const tenths = (milliseconds: number): number => Math.round(milliseconds / 100) / 10;

export const recordScene = (lab: Lab): RecordedScene => {
  const begun = performance.now();
  const assertions: Assertion[] = [];
  const { progress } = lab.io;
  const check: Scene["check"] = async (what, work) => {
    const since = performance.now();
    const record = (result: Assertion["result"], detail: string | void): void => {
      const times = { at: tenths(performance.now() - begun), seconds: tenths(performance.now() - since) };
      assertions.push({ what, result, ...times, ...(detail ? { detail } : {}) });
      progress.note(`  ${result === "passed" ? "✓" : "✗"} ${what} (${times.seconds} s)${detail ? `: ${detail}` : ""}`);
    };
    try {
      record("passed", await work());
    } catch (error) {
      record("failed", error instanceof Error ? error.message : String(error));
      throw error;
    }
  };
  return { lab, check, note: progress.note, assertions, seconds: () => tenths(performance.now() - begun) };
};
