// What there is to know of a diagnostic's code beside what the diagnostic itself says. Words for people, as Markdown of one line.
export interface CodeEntry {
  /** What is wrong, and what would come of it. */
  readonly meaning: string;
  /** What to do. */
  readonly cure: string;
  /** A message as it is printed, after `warning: ` for a warning. Only where no file of tests/diagnostics/ shows one. */
  readonly example?: string;
}

export type CodeEntries = Readonly<Record<string, CodeEntry>>;
