// Offsets in a text → places that a person can find. The only file that counts lines.
import type { Location } from "../diagnostic.ts";

/** `start` and `end` are offsets in UTF-16 units, as JavaScript's own; an end beyond the line is cut at its end. */
export type Locate = (start: number, end?: number) => Location;

const secretKey = /((?:^|[\s{,[])["']?[\w.-]*(?:passw|secret(?!s\b)|private_?key|token)[\w.-]*["']?:\s+)(\S.*)$/i;

/** A frame shows neighbouring lines too, and those may hold what must not be printed. */
const masked = (line: string): string =>
  line.replace(secretKey, (_, key: string, value: string) => key + value.replaceAll(/[^\s{}[\],]/g, "*"));

const characters = (text: string): number => Array.from(text).length;

/** Makes the function that finds places in `text`. */
export const locator = (file: string, text: string): Locate => {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  const starts: number[] = [0];
  for (let index = text.indexOf("\n"); index !== -1; index = text.indexOf("\n", index + 1)) starts.push(index + 1);
  const lineAt = (offset: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return (start, end = start + 1) => {
    const index = lineAt(Math.min(start, text.length));
    const line = lines[index] ?? "";
    const from = start - (starts[index] ?? 0);
    const to = Math.min(end - (starts[index] ?? 0), line.length);
    return {
      file,
      line: index + 1,
      column: characters(line.slice(0, from)) + 1,
      length: Math.max(1, characters(line.slice(from, to).trimEnd())),
      frame: [index - 1, index]
        .filter((each) => each >= 0)
        .map((each) => ({ line: each + 1, text: masked(lines[each] ?? "") })),
    };
  };
};

/** Offsets of what stands on a line, indentation left out. Lines are counted from 1 at the line of `from`; undefined beyond the last. */
export const lineRange = (text: string, line: number, from = 0): readonly [start: number, end: number] | undefined => {
  let start = from === 0 ? 0 : text.lastIndexOf("\n", from - 1) + 1;
  for (let count = 1; count < line; count += 1) {
    start = text.indexOf("\n", start) + 1;
    if (start === 0) return undefined;
  }
  const end = text.indexOf("\n", start);
  const whole = text.slice(start, end === -1 ? text.length : end);
  return [start + whole.length - whole.trimStart().length, start + whole.trimEnd().length];
};
