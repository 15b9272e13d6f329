// Programs that upstream publishes as a release archive, or as a single file, beside a list of digests: packed as our own would be.
import { join } from "node:path";
import { ToolError } from "../../diagnostic.ts";
import { type PackedProgram, type PackingOptions, packPackage, type StoredPackage } from "../packing.ts";
import type { ChosenPackage } from "../selection.ts";
import type { Access } from "./access.ts";
import { getFile, getText } from "./get.ts";
import { remembered } from "./remembered.ts";

export interface ReleaseArchive {
  /** A `.tar.gz`, or the program itself. */
  readonly url: string;
  /** As sha256sum writes it. */
  readonly checksums: string;
}

const baseName = (path: string): string => path.replace(/^.*\//, "");

/** The digest that a list, as sha256sum writes and reads it, has for a file. Lower-case hex. */
export const listedSha256 = (list: string, { url, checksums }: ReleaseArchive): string => {
  const lines = list.split("\n").map((line) => /^([0-9a-f]{64})\s+\*?(?:\S*\/)?(\S+)\s*$/.exec(line));
  const found = lines.filter((match) => match?.[2] === baseName(url)).map((match) => match?.[1]);
  const [sha256, another] = new Set(found);
  if (sha256 !== undefined && another === undefined) return sha256;
  throw new ToolError(`reading ${checksums}`, {
    tail: `it has ${sha256 === undefined ? "no digest" : "several digests"} for ${baseName(url)}`,
    hint: "`--from modules` compiles the same program",
  });
};

/** The archive's digest as upstream's list had it at the first asking. */
export const archiveSha256 = (access: Access, archive: ReleaseArchive): Promise<string> =>
  remembered(access, archive.checksums, { file: baseName(archive.url) }, async () =>
    listedSha256(await getText(access, archive.checksums), archive),
  );

/** Where in the archive each of the package's programs is. */
const members = ({ files }: ChosenPackage): ReadonlyMap<string, string> =>
  new Map(
    Object.values(files).flatMap((content) =>
      "program" in content ? [[content.program, content.upstream ?? content.program] as const] : [],
    ),
  );

/** Only what is packed leaves the archive. */
const unpack = async (
  { io, cache }: Access,
  path: string,
  sha256: string,
  names: readonly string[],
): Promise<string> => {
  const kind = { kind: "upstream-programs", name: baseName(path) };
  const { folder } = await cache.entry(kind, { sha256, names }, async (made) => {
    const argv = ["tar", "-C", made, "--no-same-owner", "-xzf", path, "--", ...names] as const;
    await io.processes.run({ doing: `unpacking ${baseName(path)}`, argv: [...argv] });
  });
  return folder;
};

export interface PackedArchive {
  readonly stored: StoredPackage;
  /** Of the archive, lower-case hex. */
  readonly sha256: string;
}

/** The package made of an archive's programs and kimg's own files. */
export const packArchive = async (
  access: Access,
  chosen: ChosenPackage,
  archive: ReleaseArchive,
  options: PackingOptions,
): Promise<PackedArchive> => {
  const sha256 = await archiveSha256(access, archive);
  const path = await getFile(access, { url: archive.url, name: baseName(archive.url), sha256 });
  const inside = members(chosen);
  const isArchive = archive.url.endsWith(".tar.gz");
  const folder = isArchive ? await unpack(access, path, sha256, [...inside.values()].toSorted()) : "";
  const programOf = (name: string): PackedProgram => {
    const member = inside.get(name) ?? name;
    return { path: isArchive ? join(folder, member) : path, key: `${sha256}:${member}` };
  };
  return { stored: await packPackage(access.io, access.cache, chosen, programOf, options), sha256 };
};
