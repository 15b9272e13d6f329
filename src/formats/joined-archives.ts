// Several tar archives as one stream. An archive ends with blocks of zeros: they are left out of all but the last.
import { Readable } from "node:stream";
import type { Io } from "../edge/io.ts";

const blockSize = 512;
const endOfArchive = Buffer.alloc(blockSize * 2);

/** POSIX ustar: the size is at 124, in octal; GNU tar writes what does not fit as a binary number with the top bit set. */
const contentSize = (header: Buffer): number => {
  const field = header.subarray(124, 136);
  if ((field.readUInt8(0) & 0x80) !== 0) return Number(field.readBigUInt64BE(4));
  return Number.parseInt(field.toString("latin1").replaceAll("\0", " ").trim() || "0", 8);
};

const isZero = (block: Buffer): boolean => block.equals(endOfArchive.subarray(0, blockSize));

/** The archive's blocks up to its end: headers are looked at, contents pass through. */
async function* members(archive: Readable): AsyncGenerator<Buffer> {
  let content = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of archive as AsyncIterable<Buffer>) {
    let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (data.length > 0) {
      if (content === 0) {
        if (data.length < blockSize) break;
        const header = data.subarray(0, blockSize);
        if (isZero(header)) return;
        content = Math.ceil(contentSize(header) / blockSize) * blockSize;
        yield header;
        data = data.subarray(blockSize);
      } else {
        const part = data.subarray(0, content);
        content -= part.length;
        yield part;
        data = data.subarray(part.length);
      }
    }
    rest = data;
  }
}

async function* joined(io: Io, paths: readonly string[]): AsyncGenerator<Buffer> {
  for (const path of paths) yield* members(io.files.openRead(path));
  yield endOfArchive;
}

export const joinArchives = (io: Io, paths: readonly string[]): Readable =>
  Readable.from(joined(io, paths), { objectMode: false, highWaterMark: 1 << 20 });
