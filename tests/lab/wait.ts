// Looking again until something is so. Every wait of the lab goes through here, so that each one ends and says what it waited for.
import { setTimeout as sleep } from "node:timers/promises";
import { Interrupted } from "../../src/failure.ts";

export interface Patience {
  readonly seconds: number;
  /** Seconds between two looks; 1 when not given. */
  readonly every?: number;
  readonly signal?: AbortSignal;
}

/** A look gives what was waited for, or `false`, `undefined` or a text that says what is missing still. */
type Seen<T> = T | false | undefined | Missing;

export interface Missing {
  readonly missing: string;
}

const isMissing = (seen: unknown): seen is Missing => typeof seen === "object" && seen !== null && "missing" in seen;

/** The time was up; the message says what was missing at the last look. */
export class NotInTime extends Error {
  override readonly name = "NotInTime";
}

/** Resolves to what the first look saw that saw something. A look that throws has not seen it yet, unless somebody has stopped it. */
export const waitUntil = async <T>(
  what: string,
  { seconds, every = 1, signal }: Patience,
  look: () => Promise<Seen<T>>,
): Promise<T> => {
  const since = performance.now();
  for (;;) {
    signal?.throwIfAborted();
    let why = "";
    try {
      const seen = await look();
      if (isMissing(seen)) why = seen.missing;
      else if (seen !== false && seen !== undefined) return seen;
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      why = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() - since > seconds * 1000) {
      throw new NotInTime(`waited ${seconds} s for ${what}${why === "" ? "" : `: ${why}`}`);
    }
    await sleep(every * 1000, undefined, signal === undefined ? {} : { signal });
  }
};
