// Files on the real machine. Whole or not at all: what is written is written beside, synced and renamed.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { constants, createReadStream, createWriteStream } from "node:fs";
import {
  copyFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  symlink,
  utimes,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import type { FileStatus, Files } from "./io.ts";
import { lockFile } from "./lock-file.ts";

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");

const status = async (path: string): Promise<FileStatus | undefined> => {
  try {
    const found = await lstat(path);
    const kind = found.isFile()
      ? "file"
      : found.isDirectory()
        ? "directory"
        : found.isSymbolicLink()
          ? "link"
          : "other";
    return { kind, size: found.size, mode: found.mode & 0o7777, modified: found.mtime };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

const realPath = async (path: string): Promise<string | undefined> => {
  try {
    return await realpath(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

/** Writes `content` to a new file and makes sure that it has reached the disk. */
const writeNew = async (path: string, content: Uint8Array | string, mode: number): Promise<void> => {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(content);
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
};

/** Makes a file beside `path` with `fill`, then lets `place` give it its name. */
const beside = async (
  path: string,
  fill: (unfinished: string) => Promise<void>,
  place: (unfinished: string, path: string) => Promise<void>,
): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  const folder = await mkdtemp(join(dirname(path), `.${basename(path)}.`)).catch((error: unknown) => {
    // Whoever is told of it knows the file that was to be, not this folder.
    throw error instanceof Error ? Object.assign(error, { path }) : error;
  });
  try {
    const unfinished = join(folder, "new");
    await fill(unfinished);
    await place(unfinished, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const write = (path: string, content: Uint8Array | string, mode = 0o644): Promise<void> =>
  beside(path, (unfinished) => writeNew(unfinished, content, mode), rename);

const create = (path: string, content: Uint8Array | string, mode = 0o644): Promise<void> =>
  beside(path, (unfinished) => writeNew(unfinished, content, mode), link);

const publish = (from: string, to: string, modified: Date): Promise<void> =>
  beside(
    to,
    async (unfinished) => {
      // Node's own copy would fill the holes of a disk image: of its gigabytes most are holes.
      await promisify(execFile)("cp", ["--reflink=auto", "--sparse=always", "--", from, unfinished]);
      await utimes(unfinished, modified, modified);
    },
    rename,
  );

const copy = async (from: string, to: string): Promise<void> => {
  await mkdir(dirname(to), { recursive: true });
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
};

/** What fails at reading and not at opening, such as a directory, does not say of which file. */
const naming = async <T>(path: string, reading: Promise<T>): Promise<T> => {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && !("path" in error)) throw Object.assign(error, { path });
    throw error;
  }
};

const sha256 = async (path: string): Promise<{ sha256: string; size: number }> => {
  const hash = createHash("sha256");
  let size = 0;
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
    }
  });
  return { sha256: hash.digest("hex"), size };
};

export const systemFiles = (): Files => ({
  read: (path) => naming(path, readFile(path)),
  readText: (path) => naming(path, readFile(path, "utf8")),
  status,
  realPath,
  list: async (path) => (await readdir(path)).toSorted(),
  write,
  create,
  makeFolder: async (path) => void (await mkdir(path, { recursive: true })),
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
  copy,
  publish,
  link: symlink,
  touch: (path) => utimes(path, new Date(), new Date()),
  openRead: (path, range) => createReadStream(path, range),
  openWrite: (path) => createWriteStream(path),
  temporaryFolder: async (near) => {
    await mkdir(near, { recursive: true });
    return mkdtemp(join(near, ".tmp-"));
  },
  sha256: (path) => naming(path, sha256(path)),
  lock: lockFile,
});
