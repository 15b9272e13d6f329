// e2fsprogs' debugfs, which reads an ext4 file system inside of a plain file: no root, nothing mounted, nothing written to.
import type { Io } from "../../edge/io.ts";
import { type Bind, sandboxed } from "../../tools/sandbox.ts";
import type { ToolsTree } from "../../tools/tools.ts";

export interface Entry {
  readonly name: string;
  readonly kind: "file" | "folder" | "link" | "other";
  /** Permission bits. */
  readonly mode: number;
  readonly user: number;
  readonly group: number;
  /** Bytes; 0 of a folder. */
  readonly size: number;
}

/** Folder → what is in it; a folder that is not there is not in the map. */
export type Listing = ReadonlyMap<string, readonly Entry[]>;

export interface FileSystemPlace {
  /** Absolute path of a raw disk. */
  readonly disk: string;
  /** Bytes from its start to the file system's. */
  readonly offset: number;
}

const kinds: Readonly<Record<string, Entry["kind"]>> = { "10": "file", "04": "folder", "12": "link" };

/** debugfs's `ls -p`: `/inode/mode/uid/gid/name/size/`; the mode is six octal digits, the first two of them the kind. */
const parseEntry = (line: string): Entry[] => {
  const [, , mode, user, group, name, size] = line.split("/");
  if (mode === undefined || name === undefined || name === "." || name === "..") return [];
  const kind = kinds[mode.slice(0, 2)] ?? "other";
  const permissions = Number.parseInt(mode, 8) & 0o7777;
  const bytes = kind === "folder" ? 0 : Number(size ?? 0);
  return [{ name, kind, mode: permissions, user: Number(user), group: Number(group), size: bytes }];
};

const list = "ls -p ";

/** A double quote inside of quotes is written twice, as in libss. */
const quoted = (path: string): string => (/^[\w/.+@:-]+$/.test(path) ? path : `"${path.replaceAll('"', '""')}"`);

const unquoted = (word: string): string => (word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word);

/** debugfs prints each command after its prompt, then what it says; for a folder that is not there, that is an error line. */
export const parseListing = (output: string): Listing => {
  const listing = new Map<string, Entry[]>();
  let folder: string | undefined;
  for (const line of output.split("\n")) {
    const prompt = /^debugfs: +(.*)$/.exec(line);
    if (prompt !== null) folder = prompt[1]?.startsWith(list) ? unquoted(prompt[1].slice(list.length)) : undefined;
    else if (folder !== undefined && /^\/\d+\//.test(line)) {
      const entries = listing.get(folder) ?? [];
      entries.push(...parseEntry(line));
      listing.set(folder, entries);
    }
  }
  return listing;
};

const target = (offset: number): string => `/disk?offset=${offset}`;

/** Runs `argv`, a command line in which the file system is called `target`. */
const onFileSystem = async (
  io: Io,
  tools: ToolsTree,
  place: FileSystemPlace,
  argv: readonly [string, ...string[]],
  more: { readonly input?: string; readonly binds?: readonly Bind[]; readonly folder?: string } = {},
): Promise<string> => {
  const binds = [{ from: place.disk, to: "/disk" }, ...(more.binds ?? [])];
  const hint = "the disk may be damaged: SHA256SUMS beside an image tells";
  const program = { doing: "reading the disk's file system", hint, ...more, argv, binds };
  return (await io.processes.run(sandboxed(io, tools, program))).stdout;
};

export const listFolders = async (
  io: Io,
  tools: ToolsTree,
  place: FileSystemPlace,
  folders: readonly string[],
): Promise<Listing> => {
  const input = [...folders.map((folder) => `${list}${quoted(folder)}`), ""].join("\n");
  return parseListing(await onFileSystem(io, tools, place, ["debugfs", "-f", "-", target(place.offset)], { input }));
};

/** A file's text; empty for one that is not there. Links are followed. */
export const readFileText = (io: Io, tools: ToolsTree, place: FileSystemPlace, path: string): Promise<string> =>
  onFileSystem(io, tools, place, ["debugfs", "-R", `cat ${quoted(path)}`, target(place.offset)]);

/** Owners and devices need rights that nobody has here: what debugfs says of them is of no interest. */
const copyAndDigest = `debugfs -R 'rdump / /out' "$1" 2>/dev/null >&2 || :
cd /out
chmod -R u+rX .
find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum -z > /result/files
find . -type l -printf '%p\\0%l\\0' > /result/links`;

export interface Digests {
  /** Absolute path → SHA-256 in lower-case hex, for plain files. */
  readonly files: ReadonlyMap<string, string>;
  /** Absolute path → where it points to. */
  readonly links: ReadonlyMap<string, string>;
}

/** Of every file. `work`: an empty folder with room for all of them, to be removed by the caller. */
export const digestFiles = async (io: Io, tools: ToolsTree, place: FileSystemPlace, work: string): Promise<Digests> => {
  const [out, result] = [`${work}/out`, `${work}/result`];
  await io.files.makeFolder(out);
  await io.files.makeFolder(result);
  const binds = [
    { from: out, to: "/out", writable: true },
    { from: result, to: "/result", writable: true },
  ];
  await onFileSystem(io, tools, place, ["sh", "-euc", copyAndDigest, "sh", target(place.offset)], { binds });
  const records = async (name: string): Promise<string[]> =>
    (await io.files.readText(`${result}/${name}`)).split("\0").slice(0, -1);
  // `digest  ./path`
  const files = (await records("files")).map((line): [string, string] => [line.slice(67), line.slice(0, 64)]);
  const links = await records("links");
  const pairs = links.flatMap((path, index): [string, string][] =>
    index % 2 === 0 ? [[path.slice(1), links[index + 1] ?? ""]] : [],
  );
  return { files: new Map(files), links: new Map(pairs) };
};
