// Moments that nobody chose, and that can be had again: a sequence of numbers from a seed that the report names.

/** Numbers from 0 up to 1, by mulberry32 (Tommy Ettinger, public domain). */
export const randomNumbers = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** KIMG_LAB_SEED, or one that is new each day. */
export const seedOf = (environment: Readonly<Record<string, string | undefined>>, now: Date): number =>
  Number(environment["KIMG_LAB_SEED"] ?? Math.floor(now.getTime() / 86_400_000));
