// A root file system as a tar archive, read once from front to back.
import { createHash } from "node:crypto";
import { posix } from "node:path";
import { extract, type Header } from "tar-stream";
import type { Io } from "../edge/io.ts";
import { damaged } from "./artifact-kind.ts";
import { type FoundFile, type RootFacts, rootFacts, tellingPaths } from "./root-facts.ts";

const kinds: Readonly<Partial<Record<NonNullable<Header["type"]>, FoundFile["kind"]>>> = {
  file: "file",
  "contiguous-file": "file",
  directory: "folder",
  symlink: "link",
};

const absolute = (name: string): string => posix.join("/", name).replace(/(.)\/$/, "$1");

const foundFile = (header: Header, sha256: string): FoundFile => {
  const kind = kinds[header.type ?? "file"] ?? "other";
  return {
    kind,
    mode: (header.mode ?? 0) & 0o7777,
    owner: `${header.uid ?? 0}:${header.gid ?? 0}`,
    size: header.size ?? 0,
    ...(kind === "file" ? { sha256 } : {}),
    ...(kind === "link" ? { target: header.linkname ?? "" } : {}),
  };
};

const isTelling = (path: string): boolean => (tellingPaths as readonly string[]).includes(path);

type Entry = ReturnType<typeof extract> extends AsyncIterable<infer Each> ? Each : never;

interface Found {
  readonly files: Map<string, FoundFile>;
  readonly texts: Map<string, string>;
}

const addEntry = async ({ files, texts }: Found, entry: Entry): Promise<void> => {
  const { header } = entry;
  const place = absolute(header.name);
  const hash = createHash("sha256");
  const kept: Buffer[] = [];
  for await (const chunk of entry) {
    hash.update(chunk as Buffer);
    if (isTelling(place)) kept.push(chunk as Buffer);
  }
  if (isTelling(place)) texts.set(place, Buffer.concat(kept).toString());
  const linked = header.type === "link" ? files.get(absolute(header.linkname ?? "")) : undefined;
  files.set(place, linked ?? foundFile(header, hash.digest("hex")));
};

/** Errors of the file system have a code; those of the archive's reader have none. */
const isOfArchive = (error: unknown): error is Error => error instanceof Error && !("code" in error);

/** Rejects with DiagnosticError when the archive is damaged. */
export const readTarRoot = async (io: Io, path: string): Promise<RootFacts> => {
  const found: Found = { files: new Map(), texts: new Map() };
  const archive = extract();
  const source = io.files.openRead(path).on("error", (error) => archive.destroy(error));
  source.pipe(archive);
  try {
    for await (const entry of archive) await addEntry(found, entry);
  } catch (error) {
    throw isOfArchive(error) ? damaged(path, error.message) : error;
  } finally {
    source.destroy();
  }
  return rootFacts(found.texts, found.files);
};
