// Root file systems as `kimg build` made them, unpacked once for each archive and shared by all machines of a role: nobody writes to
// them. Must not change anything in them.
import { basename } from "node:path";
import type { Io } from "../../src/edge/io.ts";
import { type Place, removeFrom } from "./place.ts";

export interface Archive {
  /** Absolute. */
  readonly path: string;
  readonly sha256: string;
}

/** The folder of the unpacked archive. */
export const unpacked = async (io: Io, place: Place, archive: Archive): Promise<string> => {
  const root = place.path("roots", archive.sha256);
  if ((await io.files.status(root)) !== undefined) return root;
  const unfinished = place.path("unfinished", archive.sha256);
  await io.progress.stage(`unpacking ${basename(archive.path)}`, async () => {
    await removeFrom(place, io.files, unfinished);
    await io.files.makeFolder(unfinished);
    await io.processes.run({
      doing: "unpacking a root file system",
      argv: ["tar", "--extract", "--file", archive.path, "--directory", unfinished, ...asTheyAre],
    });
    await io.files.makeFolder(place.path("roots"));
    await io.files.rename(unfinished, root);
  });
  return root;
};

const asTheyAre = ["--numeric-owner", "--preserve-permissions", "--same-owner", "--xattrs", "--xattrs-include=*"];

/** Removes all roots but these. Only while no machine runs: each one stands on its root. */
export const keepRoots = async (io: Io, place: Place, kept: readonly string[]): Promise<void> => {
  const folder = place.path("roots");
  if ((await io.files.status(folder)) === undefined) return;
  for (const name of await io.files.list(folder)) {
    if (!kept.includes(place.path("roots", name))) await removeFrom(place, io.files, place.path("roots", name));
  }
};
