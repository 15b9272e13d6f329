// What is fetched from upstream: small answers whole, files to the cache. A file counts only with the digest expected of it.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ToolError } from "../../diagnostic.ts";
import type { Answer } from "../../edge/io.ts";
import { type Access, AnswerError, patiently, statusError } from "./access.ts";

/** Asks otherwise than by a plain GET. */
export type Open = () => Promise<Answer>;

/** An answer's body; refuses another status than 200 and more than `limit` bytes. */
const bodyOf = async function* (url: string, answer: Answer, limit: number): AsyncGenerator<Uint8Array> {
  try {
    if (answer.status !== 200) throw statusError(url, answer.status);
    let received = 0;
    for await (const chunk of answer.body) {
      received += chunk.length;
      if (received > limit) throw new AnswerError(url, `it has more than the ${limit} bytes expected`, false);
      yield chunk;
    }
  } finally {
    answer.close();
  }
};

export interface Got {
  readonly bytes: Uint8Array;
  readonly headers: Answer["headers"];
}

/** The largest of keys, indices, manifests and lists of digests has a few hundred kilobytes. */
const wholeLimit = 32 * 1024 * 1024;

/** A small answer, whole. */
export const getBytes = (access: Access, url: string, open: Open = () => access.open(url)): Promise<Got> =>
  patiently(access, async () => {
    const answer = await open();
    const chunks: Uint8Array[] = [];
    for await (const chunk of bodyOf(access.at(url), answer, wholeLimit)) chunks.push(chunk);
    return { bytes: Buffer.concat(chunks), headers: answer.headers };
  });

export const getText = async (access: Access, url: string): Promise<string> =>
  Buffer.from((await getBytes(access, url)).bytes).toString("utf8");

/** Lower-case hex. */
export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Rejects with ToolError unless the SHA-256 found is the one expected; both are lower-case hex. */
export const checkSha256 = (of: string, found: string, expected: string): void => {
  if (found === expected) return;
  throw new ToolError(`checking ${of}`, {
    tail: `expected sha256:${expected}\nbut got  sha256:${found}`,
    hint: "what came is not what was published: do not use it; if it stays so, somebody changes it on its way",
  });
};

export interface WantedFile {
  readonly url: string;
  /** Its name in the cache. */
  readonly name: string;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Bytes, where it is known beforehand. */
  readonly size?: number;
}

/** For files whose size nobody said. */
const fileLimit = 2 * 1024 ** 3;

/** One try. Resolves to the SHA-256 of what was written. */
const receive = async (access: Access, wanted: WantedFile, to: string, open: Open): Promise<string> => {
  const { size } = wanted;
  const url = access.at(wanted.url);
  const hash = createHash("sha256");
  let received = 0;
  const count = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      received += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
  };
  const body = bodyOf(url, await open(), size ?? fileLimit);
  await pipeline(body, count, access.io.files.openWrite(to), { signal: access.io.signal });
  if (size === undefined || received === size) return hash.digest("hex");
  throw new AnswerError(url, `only ${received} of ${size} bytes came`, true);
};

/** The file's path in the cache, fetched where it is not there yet; never one with another digest. */
export const getFile = async (
  access: Access,
  wanted: WantedFile,
  open: Open = () => access.open(wanted.url),
): Promise<string> => {
  const { name, sha256, url } = wanted;
  const { folder } = await access.cache.entry({ kind: "upstream-file", name }, { name, sha256 }, async (made) => {
    const found = await patiently(access, () => receive(access, wanted, join(made, name), open));
    checkSha256(access.at(url), found, sha256);
  });
  return join(folder, name);
};
