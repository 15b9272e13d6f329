// How long the API was away, from answers to a poll (poll.ts).

export interface Answered {
  readonly kind: "read" | "write";
  readonly ok: boolean;
  /** Milliseconds since 1970, when the answer had come or had failed to. */
  readonly at: number;
}

/** Lines of JSON; the last may be cut off. */
export const parseAnswers = (text: string): readonly Answered[] =>
  text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Answered);

/** Seconds of the longest time from one good answer of this kind to the next one, or to the end. */
export const longestGap = (answers: readonly Answered[], kind: Answered["kind"]): number => {
  const ofKind = answers.filter((answer) => answer.kind === kind);
  const good = ofKind.filter(({ ok }) => ok).map(({ at }) => at);
  const end = ofKind.at(-1)?.at ?? 0;
  const gaps = [...good, end].map((at, index, all) => at - (all[index - 1] ?? at));
  return good.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...gaps) / 1000;
};
