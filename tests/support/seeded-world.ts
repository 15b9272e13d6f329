// A clock that stands still and randomness that repeats: SHA-256 of a seed and a counter. For tests only, never for a real cluster.
import { createHash } from "node:crypto";
import type { Io } from "../../src/edge/io.ts";

export const seededWorld = (seed: string): Pick<Io, "random" | "now"> => {
  let counter = 0;
  const block = (): Buffer => createHash("sha256").update(`${seed}:${counter++}`).digest();
  return {
    random: (bytes) => Buffer.concat(Array.from({ length: Math.ceil(bytes / 32) }, block)).subarray(0, bytes),
    now: () => new Date("2026-01-01T00:00:00Z"),
  };
};
