// Which lines of a text are others than they were.

export interface DifferentLine {
  readonly kind: "same" | "before" | "now";
  /** Index of the line in the text that it is of; of `same`, in the new one. */
  readonly index: number;
}

/** More pairs than this are not compared one by one: what lies between is then wholly another. */
const mostPairs = 4_000_000;

/** Lengths of the longest common part from each pair of places on. */
const commonLengths = (before: readonly string[], now: readonly string[]): readonly Uint32Array[] => {
  const rows = Array.from({ length: before.length + 1 }, () => new Uint32Array(now.length + 1));
  for (let left = before.length - 1; left >= 0; left -= 1) {
    const [row, next] = [rows[left], rows[left + 1]];
    for (let right = now.length - 1; right >= 0; right -= 1) {
      const longer = Math.max(next?.[right] ?? 0, row?.[right + 1] ?? 0);
      if (row !== undefined) row[right] = before[left] === now[right] ? (next?.[right + 1] ?? 0) + 1 : longer;
    }
  }
  return rows;
};

const between = (before: readonly string[], now: readonly string[], start: number): readonly DifferentLine[] => {
  const lines: DifferentLine[] = [];
  const rows = before.length * now.length > mostPairs ? [] : commonLengths(before, now);
  let [left, right] = [0, 0];
  while (left < before.length || right < now.length) {
    const common = rows.length > 0 && left < before.length && right < now.length && before[left] === now[right];
    const keepsBefore = left < before.length && (rows[left + 1]?.[right] ?? 0) >= (rows[left]?.[right + 1] ?? 0);
    if (common) {
      lines.push({ kind: "same", index: start + right });
      left += 1;
      right += 1;
    } else if (keepsBefore || right >= now.length) {
      lines.push({ kind: "before", index: start + left });
      left += 1;
    } else {
      lines.push({ kind: "now", index: start + right });
      right += 1;
    }
  }
  return lines;
};

const same = (index: number): DifferentLine => ({ kind: "same", index });

/** In the order of the new text; lines that went stand before those that came in their place. */
export const differentLines = (before: readonly string[], now: readonly string[]): readonly DifferentLine[] => {
  const shorter = Math.min(before.length, now.length);
  let start = 0;
  while (start < shorter && before[start] === now[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === now[now.length - 1 - end]) end += 1;
  return [
    ...Array.from({ length: start }, (_, index) => same(index)),
    ...between(before.slice(start, before.length - end), now.slice(start, now.length - end), start),
    ...Array.from({ length: end }, (_, index) => same(now.length - end + index)),
  ];
};
