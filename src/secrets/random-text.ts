// Random text of a given alphabet, each character equally likely.
import type { Io } from "../edge/io.ts";

const lowerCaseAndDigits = "abcdefghijklmnopqrstuvwxyz0123456789";
const lettersAndDigits = `${lowerCaseAndDigits}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;

type Random = Pick<Io, "random">;

const randomText = (io: Random, alphabet: string, length: number): string => {
  // Bytes above the last whole multiple would make the first characters more likely than the others.
  const limit = 256 - (256 % alphabet.length);
  let text = "";
  while (text.length < length) {
    const usable = [...io.random(length)].filter((byte) => byte < limit);
    text += usable.map((byte) => alphabet[byte % alphabet.length]).join("");
  }
  return text.slice(0, length);
};

/** `[a-z0-9]{6}.[a-z0-9]{16}`, the form of a Kubernetes bootstrap token. */
export const bootstrapToken = (io: Random): string =>
  `${randomText(io, lowerCaseAndDigits, 6)}.${randomText(io, lowerCaseAndDigits, 16)}`;

/** Letters and digits, which no configuration format needs to quote. */
export const password = (io: Random, length: number): string => randomText(io, lettersAndDigits, length);
