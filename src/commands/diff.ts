// `kimg diff`: how two things of a kind differ. Secrets are said to differ, never shown.
import type { Io } from "../edge/io.ts";
import { compareArtifacts } from "../inspect/compare.ts";
import type { Difference } from "../inspect/difference.ts";
import { recognise } from "../inspect/artifact-kind.ts";
import { clusterDifferences } from "./cluster-differences.ts";
import { printable } from "./words.ts";

export interface DiffOptions {
  readonly a: string;
  readonly b: string;
  readonly libraries: readonly string[];
  readonly json: boolean;
}

export interface DiffResult {
  readonly text: string;
  readonly same: boolean;
}

const find = async (io: Io, { a, b, libraries }: DiffOptions): Promise<readonly Difference[]> => {
  const kinds = [await recognise(io, a), await recognise(io, b)];
  // Two texts: whatever is wrong with them, the reader of cluster.yaml says it best.
  if (kinds.every(({ kind }) => kind === "text")) return clusterDifferences(io, [a, b], libraries);
  return compareArtifacts(io, a, b);
};

/** More than this of one kind helps nobody to read; JSON has them all. */
const mostShown = 100;

const signs = { added: "+", removed: "-", changed: "~" } as const satisfies Record<Difference["change"], string>;

const line = ({ change, what, a, b }: Difference): string => {
  const sides = change === "added" ? [b] : change === "removed" ? [a] : [a, b];
  const shown = sides.filter((side) => side !== undefined).join(" -> ");
  return `  ${signs[change]} ${what}${shown === "" ? "" : `  ${shown}`}`;
};

const section = (title: string, differences: readonly Difference[]): readonly string[] => {
  const rest = differences.length - mostShown;
  return [
    `${title}: ${differences.length}`,
    ...differences.slice(0, mostShown).map(line),
    ...(rest > 0 ? [`  and ${rest} more; --json has them all`] : []),
  ];
};

const describe = ({ a, b }: DiffOptions, differences: readonly Difference[]): string => {
  if (differences.length === 0) return `${a} and ${b} are the same`;
  const sections = [...new Set(differences.map(({ of }) => of))];
  return [
    `- ${a}`,
    `+ ${b}`,
    ...sections.flatMap((title) =>
      section(
        title,
        differences.filter(({ of }) => of === title),
      ),
    ),
  ].join("\n");
};

/** Rejects with DiagnosticError for what cannot be read, or is not of one kind. */
export const diff = async (io: Io, options: DiffOptions): Promise<DiffResult> => {
  const differences = await find(io, options);
  const same = differences.length === 0;
  return {
    same,
    text: options.json
      ? JSON.stringify({ same, differences }, undefined, 2)
      : printable(describe(options, differences)),
  };
};
