// Debian binary packages, written without Debian's tools: https://manpages.debian.org/deb.5. Uncompressed: they are unpacked once,
// on the machine that made them, and no compressor gives the same bytes in all its versions.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import type { Io } from "../edge/io.ts";
import type { Architecture } from "../model.ts";
import { type TarEntry, type TarTree, writeTar } from "./tar.ts";

export interface DebianPackageContent {
  readonly name: string;
  /** Debian's version, revision included. */
  readonly version: string;
  readonly architecture: Architecture;
  readonly summary: string;
  readonly homepage: string;
  readonly depends: readonly string[];
  readonly recommends: readonly string[];
  /** Absolute paths on the node whose changes by an administrator survive an upgrade. */
  readonly configuration: readonly string[];
  /** Path relative to the root → entry. */
  readonly tree: TarTree;
}

export interface BuiltPackage {
  /** `kubelet_1.37.2-0kimg1_amd64.deb` */
  readonly fileName: string;
  /** Its paragraph in an apt repository's index, without a path. */
  readonly control: string;
  readonly sha256: string;
  readonly size: number;
}

const magic = "!<arch>\n";

/** A member's header of the common ar format: 60 bytes of text. */
const arHeader = (name: string, size: number, epoch: number): string =>
  [
    name.padEnd(16),
    String(epoch).padEnd(12),
    "0".padEnd(6),
    "0".padEnd(6),
    "100644".padEnd(8),
    String(size).padEnd(10),
    "`\n",
  ].join("");

const isBytes = (entry: TarEntry): entry is TarEntry & { kind: "file" | "disk" } =>
  entry.kind === "file" || entry.kind === "disk";

const read = (io: Io, entry: TarEntry & { kind: "file" | "disk" }): Promise<Uint8Array> =>
  entry.kind === "file" ? Promise.resolve(entry.bytes) : io.files.read(entry.path);

const checksums = async (io: Io, tree: TarTree): Promise<{ text: string; kibibytes: number }> => {
  let text = "";
  let kibibytes = 0;
  for (const [path, entry] of [...tree].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (!isBytes(entry)) continue;
    const bytes = await read(io, entry);
    text += `${createHash("md5").update(bytes).digest("hex")}  ${path}\n`;
    kibibytes += Math.ceil(bytes.length / 1024);
  }
  return { text, kibibytes };
};

const controlParagraph = (content: DebianPackageContent, kibibytes: number): string =>
  [
    `Package: ${content.name}`,
    `Version: ${content.version}`,
    `Architecture: ${content.architecture}`,
    "Maintainer: kimg <root@localhost>",
    `Installed-Size: ${kibibytes}`,
    ...(content.depends.length > 0 ? [`Depends: ${content.depends.join(", ")}`] : []),
    ...(content.recommends.length > 0 ? [`Recommends: ${content.recommends.join(", ")}`] : []),
    "Section: admin",
    "Priority: optional",
    `Homepage: ${content.homepage}`,
    `Description: ${content.summary}`,
    "",
  ].join("\n");

const text = (value: string): TarEntry => ({ kind: "file", mode: 0o644, bytes: Buffer.from(value) });

const controlTree = (control: string, md5sums: string, configuration: readonly string[]): TarTree =>
  new Map([
    ["control", text(control)],
    ["md5sums", text(md5sums)],
    ...(configuration.length > 0 ? [["conffiles", text(`${configuration.join("\n")}\n`)] as const] : []),
  ]);

const writeArchive = async (io: Io, members: readonly { name: string; path: string }[], to: string, epoch: number) => {
  const parts = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${magic}${arHeader("debian-binary", 4, epoch)}2.0\n`);
    for (const { name, path } of members) {
      const { size } = (await io.files.status(path)) ?? { size: 0 };
      yield Buffer.from(arHeader(name, size, epoch));
      yield* io.files.openRead(path) as AsyncIterable<Uint8Array>;
      if (size % 2 === 1) yield Buffer.from("\n");
    }
  };
  await pipeline(Readable.from(parts()), io.files.openWrite(to));
};

/** Writes `<folder>/<fileName>`; `folder` must exist. */
export const buildDeb = async (
  io: Io,
  content: DebianPackageContent,
  folder: string,
  epoch: number,
): Promise<BuiltPackage> => {
  const { text: md5sums, kibibytes } = await checksums(io, content.tree);
  const control = controlParagraph(content, kibibytes);
  const [controlTar, dataTar] = [join(folder, "control.tar"), join(folder, "data.tar")];
  await writeTar(io, controlTree(control, md5sums, content.configuration), controlTar, { epoch, prefix: "./" });
  await writeTar(io, content.tree, dataTar, { epoch, prefix: "./" });
  const fileName = `${content.name}_${content.version}_${content.architecture}.deb`;
  const members = [
    { name: "control.tar", path: controlTar },
    { name: "data.tar", path: dataTar },
  ];
  await writeArchive(io, members, join(folder, fileName), epoch);
  await io.files.remove(controlTar);
  await io.files.remove(dataTar);
  return { fileName, control, ...(await io.files.sha256(join(folder, fileName))) };
};
