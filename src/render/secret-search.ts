// Finds secrets in bytes, plain or in base64. One pass over the bytes, whatever the number of secrets: a rolling hash of eight bytes
// (Rabin and Karp, 1987) picks the places that are looked at closely.
import type { SecretName } from "../model.ts";

const window = 8;
const base = 0x01000193;
/** What the byte that leaves the window has been multiplied with. */
const leaving = Array.from({ length: window }).reduce<number>((power) => Math.imul(power, base), 1);

interface Needle {
  readonly secret: SecretName;
  readonly bytes: Buffer;
}

/** A PEM's lines say more than its whole: it may be indented, quoted or escaped. Short ones at the end say nothing. */
export const partsOf = (value: string): readonly string[] =>
  value.startsWith("-----BEGIN ")
    ? value.split("\n").filter((line) => line.length >= 32 && !line.startsWith("-----"))
    : [value];

/**
 * The text as it is, and as it looks inside of a longer text in base64: at three places in a group of three bytes, without the digits
 * that its neighbours have a share in.
 */
export const formsOf = (part: string): readonly string[] => {
  const inBase64 = [0, 1, 2].map((before) => {
    const digits = Buffer.concat([Buffer.alloc(before), Buffer.from(part)])
      .toString("base64")
      .replace(/=+$/, "");
    const whole = Math.floor(((before + Buffer.byteLength(part)) * 8) / 6);
    return digits.slice(Math.ceil((before * 8) / 6), whole);
  });
  return [part, ...inBase64].filter((form) => form.length >= window);
};

const hashOf = (bytes: Uint8Array, start: number): number => {
  let hash = 0;
  const end = Math.min(start + window, bytes.length);
  for (let index = start; index < end; index += 1) hash = (Math.imul(hash, base) + (bytes[index] ?? 0)) | 0;
  return hash;
};

/** Disk images are empty for the most part, and no secret starts with a byte of zero. */
const blockSize = 2048;
const emptyBlock = Buffer.alloc(blockSize);
const isEmpty = (bytes: Uint8Array, start: number, end: number): boolean =>
  emptyBlock.compare(bytes, start, end, 0, end - start) === 0;

const bitOf = (hash: number): number => (hash >>> 16) ^ (hash & 0xffff);

export interface SecretSearch {
  /** Names of the secrets that are in the bytes, each once. */
  readonly find: (bytes: Uint8Array) => readonly SecretName[];
}

/** A search for the given secrets. What is a part of an `innocent` text as well says nothing: certificates have lines in common. */
export const secretSearch = (
  values: Readonly<Record<SecretName, string>>,
  wanted: readonly SecretName[],
  innocent: readonly string[],
): SecretSearch => {
  const parts = wanted.flatMap((secret) => partsOf(values[secret]).map((part) => ({ secret, part })));
  const telling = parts.filter(({ part }) => !innocent.some((text) => text.includes(part)));
  const needles = telling.flatMap(({ secret, part }) =>
    formsOf(part).map((form): Needle => ({ secret, bytes: Buffer.from(form) })),
  );
  const byHash = new Map<number, Needle[]>();
  const mayStart = new Uint8Array(0x10000);
  for (const needle of needles) {
    const hash = hashOf(needle.bytes, 0);
    byHash.set(hash, [...(byHash.get(hash) ?? []), needle]);
    mayStart[bitOf(hash)] = 1;
  }
  /** Looks at every place from `start` up to `end`. */
  const findBetween = (bytes: Uint8Array, start: number, end: number, found: Set<SecretName>): void => {
    const last = Math.min(end, bytes.length - window + 1) - 1;
    let hash = hashOf(bytes, start);
    for (let place = start; place <= last; place += 1) {
      if (mayStart[bitOf(hash)] === 1) {
        for (const { secret, bytes: wantedBytes } of byHash.get(hash) ?? []) {
          if (wantedBytes.equals(bytes.subarray(place, place + wantedBytes.length))) found.add(secret);
        }
      }
      // Never beyond the last byte: reading there is slow, and makes every later call slow.
      if (place < last) {
        hash = (Math.imul(hash, base) + (bytes[place + window] ?? 0) - Math.imul(bytes[place] ?? 0, leaving)) | 0;
      }
    }
  };
  const find = (bytes: Uint8Array): readonly SecretName[] => {
    const found = new Set<SecretName>();
    for (let block = 0; block < bytes.length; block += blockSize) {
      const end = Math.min(block + blockSize, bytes.length);
      if (!isEmpty(bytes, block, end)) findBetween(bytes, block, end, found);
    }
    return [...found];
  };
  return { find };
};
