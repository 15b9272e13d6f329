// The known name that an unknown one was probably meant to be. Pure; knows no room.

/** Edits (insert, delete, replace, swap of neighbours) from one text to the other: the restricted Damerau-Levenshtein distance. */
const distance = (from: string, to: string): number => {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforeLast[column - 2] ?? 0) + 1 : Infinity,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return last[to.length] ?? 0;
};

const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_.\s]/g, "");

/** The nearest of `known`, when it is near enough to be what was meant: one edit in three characters, case and separators free. */
export const nearest = (name: string, known: Iterable<string>): string | undefined => {
  let best: { readonly name: string; readonly edits: number } | undefined;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) > 10) continue;
    const edits = distance(plain(name), plain(candidate));
    if (edits <= Math.floor(plain(name).length / 3) && edits < (best?.edits ?? Infinity)) {
      best = { name: candidate, edits };
    }
  }
  return best?.name;
};

/** `; did you mean "x"?`, or nothing. */
export const didYouMean = (name: string, known: Iterable<string>): string => {
  const found = nearest(name, known);
  return found === undefined ? "" : `; did you mean ${JSON.stringify(found)}?`;
};
