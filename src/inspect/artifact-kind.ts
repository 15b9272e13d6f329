// What a path holds, told by its bytes and not by its name.
import type { DiagnosticCode } from "../codes/index.ts";
import { DiagnosticError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";

/**
 * `image-folder`: of `kimg build`. `rendered`: a cluster's folder of `kimg render`. `seed-folder`: a node's part of that, or meta-data and
 * user-data side by side. `iso` and `vfat`: a volume, most often a seed.
 */
export type ArtifactKind =
  | "qcow2"
  | "raw"
  | "tar"
  | "iso"
  | "vfat"
  | "seed-folder"
  | "image-folder"
  | "rendered"
  | "text";

/** As far as the identifier of an ISO 9660 volume. */
const headSize = 17 * 2048;

/** At most `length` bytes from `start` on: fewer where the file ends before. */
export const readBytes = async (io: Io, path: string, start: number, length: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of io.files.openRead(path, { start, end: start + length - 1 })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

const at = (head: Buffer, place: number, text: string): boolean =>
  head.toString("latin1", place, place + text.length) === text;

/** Sources: QEMU's docs/interop/qcow2.rst; POSIX pax, ustar; ECMA-119, 8.1; UEFI 2.10, 5.3; Microsoft's FAT specification 1.03. */
const kindOfBytes = (head: Buffer): ArtifactKind | undefined => {
  if (at(head, 0, "QFI\xfb")) return "qcow2";
  if (at(head, 257, "ustar")) return "tar";
  if (at(head, 0x8001, "CD001")) return "iso";
  if (at(head, 512, "EFI PART")) return "raw";
  if (at(head, 54, "FAT") || at(head, 82, "FAT32")) return "vfat";
  if (at(head, 510, "\x55\xaa")) return "raw";
  return head.length > 0 && !head.includes(0) ? "text" : undefined;
};

const marks: readonly (readonly [string, ArtifactKind])[] = [
  ["artifacts.json", "image-folder"],
  ["kimg.lock", "image-folder"],
  ["cluster.resolved.yaml", "rendered"],
  ["nocloud", "seed-folder"],
  ["user-data", "seed-folder"],
  ["meta-data", "seed-folder"],
];

const kindOfFolder = async (io: Io, folder: string): Promise<ArtifactKind | undefined> => {
  const names = await io.files.list(folder);
  return marks.find(([name]) => names.includes(name))?.[1];
};

const refuse = (code: DiagnosticCode, message: string, hint: string): DiagnosticError =>
  new DiagnosticError([{ severity: "error", code, message, hint }]);

/** For what is of a kind, and broken. */
export const damaged = (path: string, reason: string): DiagnosticError =>
  refuse(
    "artifact/damaged",
    `${path} is damaged: ${reason}`,
    "make or fetch it again; SHA256SUMS beside an image tells",
  );

const known = "an image (qcow2, raw, tar), a folder of `kimg build` or `kimg render`, or a seed (folder, ISO, vfat)";

/** What a file holds; undefined when that is nothing that kimg knows. */
export const kindOfFile = async (io: Io, path: string): Promise<ArtifactKind | undefined> =>
  kindOfBytes(await readBytes(io, path, 0, headSize));

/** Absolute; what links lead to. Rejects with DiagnosticError when there is nothing. */
export const pathOf = async (io: Io, given: string): Promise<string> => {
  const path = await io.files.realPath(given);
  if (path === undefined) throw refuse("artifact/missing", `there is no ${given}`, `it takes ${known}`);
  return path;
};

export interface Recognised {
  readonly kind: ArtifactKind;
  /** Absolute; what links lead to. */
  readonly path: string;
}

/** Rejects with DiagnosticError when there is nothing, or nothing that kimg knows. */
export const recognise = async (io: Io, given: string): Promise<Recognised> => {
  const path = await pathOf(io, given);
  const isFolder = (await io.files.status(path))?.kind === "directory";
  const kind = await (isFolder ? kindOfFolder(io, path) : kindOfFile(io, path));
  if (kind !== undefined) return { kind, path };
  throw refuse("artifact/unknown", `${given} is nothing that kimg knows`, `it takes ${known}`);
};
