// A snapshot of etcd, as `etcdctl snapshot save` and the masters' own timer write it: whether it is whole, and the drive that it travels on.
// It may be larger than memory: it is read in pieces, once to look at it and once to copy it.
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { CodeOf } from "../codes/index.ts";
import { DiagnosticError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import { recoveryDrive } from "../operate/recovery.ts";
import { iso9660Around } from "../render/iso9660.ts";

export interface SnapshotFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Of the whole file, lower-case hex. */
  readonly sha256: string;
  /** Of the drive that `writeDrive` makes of it. */
  readonly driveSha256: string;
  /** It holds what was asked for. */
  readonly mentions: boolean;
}

/** etcd puts the database's SHA-256 behind it, and the database is whole pages (etcdutl, snapshot/v3_snapshot.go). */
const digestSize = 32;
const pageUnit = 512;

/** What ISO 9660 can say of a file's size. */
const largest = 0xffff_ffff;

const refuse = (code: CodeOf<"recover">, message: string, hint: string): DiagnosticError =>
  new DiagnosticError([{ severity: "error", code: `recover/${code}`, message, hint }]);

const elsewhere = "take another: a master keeps those of its timer in /var/lib/kimg/snapshots";

const sizeOf = async (io: Io, path: string): Promise<number> => {
  const status = await io.files.status(path);
  const size = status?.kind === "link" ? (await io.files.sha256(path)).size : status?.size;
  if (size === undefined) throw refuse("no-snapshot", `there is no ${path}`, "name a snapshot of etcd with --snapshot");
  if (status?.kind === "directory")
    throw refuse("no-snapshot", `${path} is a directory`, "name the file of the snapshot that you want of it");
  if (size > largest) throw refuse("too-large", `${path} is 4 GiB or more`, "defragment etcd before its next snapshot");
  if (size > digestSize && size % pageUnit === digestSize) return size;
  const message = `${path} is no snapshot of etcd: there is no digest behind the database`;
  throw refuse("no-digest", message, "a copy of member/snap/db is none, and neither is a file that was cut short");
};

const around = (size: number) => iso9660Around(recoveryDrive.label, { name: recoveryDrive.file, size, mode: 0o400 });

/** Pieces may part what is looked for: the end of each is kept for the next. */
const searchFor = (text: string) => {
  const wanted = Buffer.from(text);
  let end = Buffer.alloc(0);
  let found = false;
  return {
    see: (piece: Buffer): void => {
      const seen = Buffer.concat([end, piece]);
      found ||= seen.includes(wanted);
      end = Buffer.from(seen.subarray(Math.max(0, seen.length - wanted.length + 1)));
    },
    found: (): boolean => found,
  };
};

/** Reads all of it. Rejects with DiagnosticError when it is no whole snapshot. `mention`: a text that its database should hold. */
export const readSnapshot = async (io: Io, path: string, mention: string): Promise<SnapshotFile> => {
  const size = await sizeOf(io, path);
  const { before, after } = around(size);
  const [database, whole, drive] = [createHash("sha256"), createHash("sha256"), createHash("sha256").update(before)];
  const search = searchFor(mention);
  const digest: Buffer[] = [];
  let left = size - digestSize;
  for await (const piece of io.files.openRead(path) as AsyncIterable<Buffer>) {
    const ofDatabase = piece.subarray(0, left);
    database.update(ofDatabase);
    search.see(ofDatabase);
    digest.push(piece.subarray(ofDatabase.length));
    left -= ofDatabase.length;
    whole.update(piece);
    drive.update(piece);
  }
  if (!database.digest().equals(Buffer.concat(digest)))
    throw refuse("damaged", `${path} is damaged: its database and its digest do not belong together`, elsewhere);
  const driveSha256 = drive.update(after).digest("hex");
  return { path, size, sha256: whole.digest("hex"), driveSha256, mentions: search.found() };
};

/** An ISO 9660 image with the snapshot, mode 0600: whole under its name, or not there. */
export const writeDrive = async (io: Io, { path, size }: SnapshotFile, target: string): Promise<void> => {
  const folder = await io.files.temporaryFolder(dirname(target));
  try {
    const beside = join(folder, "drive.iso");
    // Empty first, for its mode: what comes later keeps it.
    await io.files.create(beside, "", 0o600);
    const { before, after } = around(size);
    const pieces = async function* () {
      yield before;
      yield* io.files.openRead(path) as AsyncIterable<Uint8Array>;
      yield after;
    };
    await pipeline(Readable.from(pieces()), io.files.openWrite(beside), { signal: io.signal });
    await io.files.rename(beside, target);
  } finally {
    await io.files.remove(folder);
  }
};
