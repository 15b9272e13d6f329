// Seeds and rendered trees → which files differ, and in which places of theirs. Sizes and places only: such files hold secrets, and who
// could tell which of their values are none. Pure.
import { parse } from "yaml";
import type { JsonValue } from "../model.ts";
import { compareMaps, type Difference, leavesOf, modeText, sameValue } from "./difference.ts";
import type { SeedContent, SeedEntry } from "./seed-facts.ts";

const document = (bytes: Uint8Array): JsonValue | undefined => {
  try {
    const value = parse(Buffer.from(bytes).toString(), { version: "1.1" }) as JsonValue;
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Places of what differs in two structured documents; nothing for others. */
const changedPlaces = (a: Uint8Array, b: Uint8Array): readonly string[] => {
  const [left, right] = [document(a), document(b)];
  if (left === undefined || right === undefined) return [];
  const sides = [leavesOf(left), leavesOf(right)] as const;
  return compareMaps("", sides, sameValue, () => undefined).map(({ what }) => what.slice(1));
};

const sameContent = (a: SeedEntry, b: SeedEntry): boolean =>
  a.mode === b.mode && Buffer.compare(a.bytes, b.bytes) === 0;

const words = ({ bytes, mode }: SeedEntry): string =>
  `${bytes.length} B${mode === undefined ? "" : ` ${modeText(mode)}`}`;

const mostPlaces = 12;

const listed = (places: readonly string[]): string => {
  const rest = places.length - mostPlaces;
  return `${places.slice(0, mostPlaces).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
};

export const compareContents = (of: string, a: SeedContent, b: SeedContent): readonly Difference[] =>
  compareMaps(of, [a, b], sameContent, words).map((difference) => {
    const [left, right] = [a.get(difference.what), b.get(difference.what)];
    const places = left === undefined || right === undefined ? [] : changedPlaces(left.bytes, right.bytes);
    return places.length === 0 ? difference : { ...difference, what: `${difference.what} (${listed(places)})` };
  });

/** What lies beside the nodes' folders is the cluster's. */
const sectionOf = (path: string): string => (path.includes("/") ? (path.split("/")[0] ?? "") : "cluster");

const partOf = (content: SeedContent, section: string): SeedContent =>
  new Map(
    [...content]
      .filter(([path]) => sectionOf(path) === section)
      .map(([path, entry]) => [path.includes("/") ? path.slice(section.length + 1) : path, entry]),
  );

/** Two cluster's folders of `kimg render`, a section a node. */
export const compareTrees = (a: SeedContent, b: SeedContent): readonly Difference[] => {
  const sections = [...new Set([...a.keys(), ...b.keys()].map(sectionOf))].toSorted();
  return sections.flatMap((name) => compareContents(name, partOf(a, name), partOf(b, name)));
};
