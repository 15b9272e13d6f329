// Two artifacts of a kind → how they differ. A secret's value is compared and never told.
import { DiagnosticError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import { type Recognised, recognise } from "./artifact-kind.ts";
import { compareBuilds } from "./compare-builds.ts";
import { compareContents, compareTrees } from "./compare-contents.ts";
import { compareImages } from "./compare-images.ts";
import type { Difference } from "./difference.ts";
import { inspectArtifact } from "./inspect.ts";
import { isSeedKind, readFolder, readSeed } from "./seed.ts";
import type { SeedContent } from "./seed-facts.ts";

/** The same bytes need no look inside. Raw disks do: they are large, and most of what would be hashed is holes. */
const sameBytes = async (io: Io, a: Recognised, b: Recognised): Promise<boolean> => {
  const [left, right] = [await io.files.status(a.path), await io.files.status(b.path)];
  if (a.kind === "raw" || left?.kind !== "file" || right?.kind !== "file" || left.size !== right.size) return false;
  return (await io.files.sha256(a.path)).sha256 === (await io.files.sha256(b.path)).sha256;
};

/** Its own list of what it wrote says nothing new; an ISO holds what lies beside it. */
const isTelling = (path: string): boolean => !path.startsWith(".") && !path.endsWith(".iso");

const treeOf = async (io: Io, folder: string): Promise<SeedContent> =>
  new Map([...(await readFolder(io, folder))].filter(([path]) => isTelling(path)));

const withoutModes = (content: SeedContent): SeedContent =>
  new Map([...content].map(([path, { bytes }]) => [path, { bytes, mode: undefined }]));

/** Undefined when they are no two seeds. Folders and ISOs have permissions of their own. */
const seedDifferences = async (io: Io, a: Recognised, b: Recognised): Promise<readonly Difference[] | undefined> => {
  if (!isSeedKind(a.kind) || !isSeedKind(b.kind)) return undefined;
  const [left, right] = [await readSeed(io, a.path, a.kind), await readSeed(io, b.path, b.kind)];
  return left.medium === right.medium
    ? compareContents("seed", left.content, right.content)
    : compareContents("seed", withoutModes(left.content), withoutModes(right.content));
};

const isImage = ({ kind }: Recognised): boolean => kind === "qcow2" || kind === "raw" || kind === "tar";

/** Undefined when they are not of one kind. */
const inspectedDifferences = async (
  io: Io,
  a: Recognised,
  b: Recognised,
): Promise<readonly Difference[] | undefined> => {
  if (a.kind !== b.kind && !(isImage(a) && isImage(b))) return undefined;
  const [left, right] = [await inspectArtifact(io, a.path, true), await inspectArtifact(io, b.path, true)];
  if (left.kind === "image" && right.kind === "image") return compareImages(left, right);
  return left.kind === "build" && right.kind === "build" ? compareBuilds(left, right) : undefined;
};

const unlike = (names: readonly [string, string], a: Recognised, b: Recognised): DiagnosticError =>
  new DiagnosticError([
    {
      severity: "error",
      code: "diff/unlike",
      message: `${names[0]} is of kind ${a.kind}, and ${names[1]} of kind ${b.kind}`,
      hint: "it takes two clusters, two rendered trees, two seeds, two images, or two folders of `kimg build`",
    },
  ]);

/** Rejects with DiagnosticError for two of different kinds, or what kimg does not know. */
export const compareArtifacts = async (io: Io, a: string, b: string): Promise<readonly Difference[]> => {
  const [left, right] = [await recognise(io, a), await recognise(io, b)];
  if (await sameBytes(io, left, right)) return [];
  if (left.kind === "rendered" && right.kind === "rendered") {
    return compareTrees(await treeOf(io, left.path), await treeOf(io, right.path));
  }
  const found = (await seedDifferences(io, left, right)) ?? (await inspectedDifferences(io, left, right));
  if (found === undefined) throw unlike([a, b], left, right);
  return found;
};
