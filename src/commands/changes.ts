// What rendering would change on disk, for people: paths, and the lines of texts, without the secrets in them.
import { isUtf8 } from "node:buffer";
import { join } from "node:path";
import type { Io } from "../edge/io.ts";
import type { FileEntry, Secrets } from "../model.ts";
import { type Redaction, redaction } from "../render/redaction.ts";
import { type DifferentLine, differentLines } from "./line-difference.ts";
import type { TreeChanges } from "./write-tree.ts";

export interface ChangesOptions {
  readonly secrets: Secrets;
  readonly json: boolean;
}

/** More texts than this are named only. */
const mostTexts = 50;
const around = 2;

const isText = (bytes: Uint8Array): boolean => isUtf8(bytes) && !bytes.includes(0);

const marks = { same: " ", before: "-", now: "+" } as const;

/** Only what is near to a change; a gap is one line of dots. */
const shownLines = (
  lines: readonly DifferentLine[],
  before: readonly string[],
  now: readonly string[],
): readonly string[] => {
  const near = (place: number): boolean =>
    lines.slice(Math.max(0, place - around), place + around + 1).some(({ kind }) => kind !== "same");
  const shown = lines.map(({ kind, index }, place) =>
    near(place) ? `  ${marks[kind]} ${(kind === "before" ? before : now)[index] ?? ""}`.trimEnd() : undefined,
  );
  return shown.flatMap((line, place) => {
    if (line !== undefined) return [line];
    return place > 0 && shown[place - 1] !== undefined && place < shown.length - 1 ? ["    …"] : [];
  });
};

const textChange = (before: string, now: string, { redact, redactBefore }: Redaction): readonly string[] =>
  shownLines(
    differentLines(before.split("\n"), now.split("\n")),
    redactBefore(before, now).split("\n"),
    redact(now).split("\n"),
  );

interface Change {
  readonly path: string;
  readonly entry: FileEntry;
  /** Undefined: the file is new. */
  readonly before: { readonly bytes: Uint8Array; readonly mode: number } | undefined;
}

const readBefore = async (io: Io, folder: string, [path, entry]: readonly [string, FileEntry]): Promise<Change> => {
  const place = join(folder, path);
  const status = await io.files.status(place);
  if (status === undefined) return { path, entry, before: undefined };
  return { path, entry, before: { bytes: await io.files.read(place), mode: status.mode & 0o777 } };
};

const octal = (mode: number): string => mode.toString(8).padStart(4, "0");

const describeChange = ({ path, entry, before }: Change, redacted: Redaction, inFull: boolean): readonly string[] => {
  if (before === undefined) return [`new      ${path} (${entry.bytes.length} bytes)`];
  const modes = before.mode === entry.mode ? "" : `, mode ${octal(before.mode)} → ${octal(entry.mode)}`;
  const same = Buffer.from(before.bytes).equals(entry.bytes);
  const sizes = same ? "same content" : `${before.bytes.length} → ${entry.bytes.length} bytes`;
  const line = `changed  ${path} (${sizes}${modes})`;
  if (same || !inFull || !isText(before.bytes) || !isText(entry.bytes)) return [line];
  return [line, ...textChange(Buffer.from(before.bytes).toString(), Buffer.from(entry.bytes).toString(), redacted)];
};

const summary = (folder: string, changes: readonly Change[], removed: readonly string[], foreign: number): string => {
  if (changes.length + removed.length + foreign === 0) return `${folder}: nothing would change`;
  const added = changes.filter(({ before }) => before === undefined).length;
  const counts = `${added} new, ${changes.length - added} changed, ${removed.length} removed, nothing written`;
  const refused = foreign === 0 ? "" : "; kimg render would refuse: it did not write what is in the way";
  return `${folder}: ${counts}${refused}`;
};

/** What to print. */
export const describeChanges = async (
  io: Io,
  folder: string,
  { changed, stale, foreign }: TreeChanges,
  { secrets, json }: ChangesOptions,
): Promise<string> => {
  const changes: Change[] = [];
  // What is not ours is not read.
  const ours = changed.filter(([path]) => !foreign.includes(join(folder, path)));
  for (const each of ours) changes.push(await readBefore(io, folder, each));
  const removed = stale.map(([path]) => path);
  if (json) {
    const named = (isNew: boolean): readonly string[] =>
      changes.filter(({ before }) => (before === undefined) === isNew).map(({ path }) => path);
    return JSON.stringify({ folder, new: named(true), changed: named(false), removed, foreign }, undefined, 2);
  }
  const redacted = redaction(secrets);
  return [
    ...changes.flatMap((change, index) => describeChange(change, redacted, index < mostTexts)),
    ...removed.map((path) => `removed  ${path}`),
    ...foreign.map((path) => `in the way: ${path}`),
    summary(folder, changes, removed, foreign.length),
  ].join("\n");
};
