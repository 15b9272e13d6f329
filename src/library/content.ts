// Content folders as data: which library a path is found in, and the files below it. Knows neither roles nor images.
import { posix } from "node:path";
import type { CodeOf } from "../codes/index.ts";
import type { Diagnostic, Path } from "../diagnostic.ts";
import type { Files } from "../edge/io.ts";
import type { FileEntry, FileTree, ProvisioningStep } from "../model.ts";

/** Where content is looked for. */
export interface Place {
  readonly files: Files;
  /** Library folders, the one that the content itself is in first, then those it may borrow from. */
  readonly roots: readonly string[];
  /** Of the content, below its root: `images/debian-13`. */
  readonly folder: string;
}

/** What was asked for, or why it is not there; diagnostics are unplaced. */
export interface Loaded<T> {
  readonly value: T;
  readonly diagnostics: readonly Diagnostic[];
}

/** One item of `files:`: a folder copied onto `/`, or a file or folder put at a path. */
export type FilesItem = string | { readonly from: string; readonly to: string };

const complaint = (code: CodeOf<"library">, message: string, path: Path, hint?: string): Diagnostic => ({
  severity: "error",
  code: `library/${code}`,
  message,
  path,
  ...(hint === undefined ? {} : { hint }),
});

/** The path below a root, and where it is on disk: in the content's own library, else in one before it. */
const find = async (
  place: Place,
  path: string,
): Promise<{ readonly below: string; readonly found: string } | undefined> => {
  const below = posix.normalize(posix.join(place.folder, path));
  if (below.startsWith("../") || posix.isAbsolute(path)) return undefined;
  for (const root of place.roots) {
    const found = posix.join(root, below);
    if ((await place.files.status(found)) !== undefined) return { below, found };
  }
  return undefined;
};

const missing = (place: Place, path: string, at: Path): Diagnostic => {
  const below = posix.normalize(posix.join(place.folder, path));
  if (below.startsWith("../") || posix.isAbsolute(path)) {
    return complaint("outside", `${path} leads out of the library`, at, "keep what content needs in images/ or roles/");
  }
  const hint = `looked for ${place.roots.map((root) => posix.join(root, below)).join(" and ")}`;
  return complaint("missing-file", `there is nothing at ${path}`, at, hint);
};

/** Content is the same whatever the umask of a checkout: only the executable bit counts, as for git. */
const entry = async (files: Files, path: string, mode: number): Promise<FileEntry> => ({
  mode: (mode & 0o100) === 0 ? 0o644 : 0o755,
  bytes: await files.read(path),
});

/** Left behind by editors, Python and operating systems: never content. */
const isLitter = (name: string): boolean =>
  name === "__pycache__" || name === ".DS_Store" || name.endsWith("~") || name.endsWith(".swp");

const collect = async (
  files: Files,
  path: string,
  to: string,
  tree: Map<string, FileEntry>,
): Promise<readonly string[]> => {
  const status = await files.status(path);
  if (status?.kind === "file") {
    tree.set(to, await entry(files, path, status.mode));
    return [];
  }
  if (status?.kind !== "directory") return [path];
  const bad: string[] = [];
  for (const name of await files.list(path)) {
    if (!isLitter(name)) bad.push(...(await collect(files, posix.join(path, name), posix.join(to, name), tree)));
  }
  return bad;
};

/** All items put together; of two files at one path the later wins. */
export const loadFiles = async (place: Place, items: readonly FilesItem[], at: Path): Promise<Loaded<FileTree>> => {
  const tree = new Map<string, FileEntry>();
  const diagnostics: Diagnostic[] = [];
  for (const [index, item] of items.entries()) {
    const path = [...at, index];
    const from = typeof item === "string" ? item : item.from;
    const to = typeof item === "string" ? "" : item.to.replace(/^\/+/, "");
    const found = await find(place, from);
    if (found === undefined) {
      diagnostics.push(missing(place, from, path));
      continue;
    }
    for (const bad of await collect(place.files, found.found, to, tree)) {
      const hint = "links and devices are not carried into images; a provisioning step can make them";
      diagnostics.push(complaint("not-a-file", `${bad} is neither a file nor a folder`, path, hint));
    }
  }
  const sorted = [...tree].toSorted(([left], [right]) => (left < right ? -1 : 1));
  return { value: new Map(sorted), diagnostics };
};

export const loadSteps = async (
  place: Place,
  paths: readonly string[],
  at: Path,
): Promise<Loaded<readonly ProvisioningStep[]>> => {
  const steps: ProvisioningStep[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, path] of paths.entries()) {
    const found = await find(place, path);
    if (found === undefined) {
      diagnostics.push(missing(place, path, [...at, index]));
      continue;
    }
    const script = await place.files.readText(found.found);
    if (!script.startsWith("#!/bin/sh")) {
      const hint = "a step is a POSIX shell script: its first line is #!/bin/sh";
      diagnostics.push(complaint("not-a-script", `${path} is no shell script`, [...at, index], hint));
    }
    steps.push({ source: found.below, script });
  }
  return { value: steps, diagnostics };
};
