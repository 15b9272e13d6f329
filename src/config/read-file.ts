// Bytes of a document → its text, or the reason why it cannot be one. Guards what is slow or silent further on.
import type { DiagnosticCode } from "../codes/index.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { Files } from "../edge/io.ts";
import { locator } from "./text.ts";

/** Bytes. Above any cluster (5,000 nodes take half of it), and the parser takes a few seconds for it at worst. */
const sizeLimit = 1024 * 1024;

export interface ReadText {
  readonly text?: string;
  readonly diagnostics: readonly Diagnostic[];
}

const refuse = (code: DiagnosticCode, message: string, hint?: string): ReadText => ({
  diagnostics: [{ severity: "error", code, message, ...(hint === undefined ? {} : { hint }) }],
});

const tooLarge = (name: string, size: number, limit: number): ReadText =>
  refuse(
    "file/too-large",
    `${name} has ${(size / 1024 / 1024).toFixed(1)} MiB; at most ${limit / 1024 / 1024} MiB are read`,
    limit === sizeLimit ? "is it the right file? what kimg reads is written by people" : "is it the right file?",
  );

const isUtf16 = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);

/** The place of the first byte that is not UTF-8: what comes before it, decoded, gives the line. */
const firstBadByte = (bytes: Uint8Array): number => {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle;
    }
  }
  return good;
};

const notUtf8 = (name: string, bytes: Uint8Array): ReadText => {
  const before = new TextDecoder("utf-8").decode(bytes.subarray(0, firstBadByte(bytes)), { stream: true });
  const text = new TextDecoder("utf-8").decode(bytes);
  return {
    diagnostics: [
      {
        severity: "error",
        code: "file/not-utf-8",
        message: "a byte that is not UTF-8",
        hint: "save the file as UTF-8",
        location: locator(name, text)(before.length),
      },
    ],
  };
};

/** UTF-8 bytes → text without byte order mark. */
export const decodeText = (bytes: Uint8Array, name: string, limit = sizeLimit): ReadText => {
  if (bytes.length > limit) return tooLarge(name, bytes.length, limit);
  if (isUtf16(bytes)) return refuse("file/not-utf-8", `${name} is UTF-16`, "save the file as UTF-8");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return notUtf8(name, bytes);
  }
  const index = text.indexOf("\u0000");
  if (index === -1) return { text, diagnostics: [] };
  const location = locator(name, text)(index);
  return {
    diagnostics: [
      {
        severity: "error",
        code: "file/nul-byte",
        message: "a NUL byte: this is not a text file, or it was cut off",
        hint: "write the file again, or restore it from a copy",
        location,
      },
    ],
  };
};

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error ? String(error.code) : undefined;

/**
 * The file's text. `missingHint` says what to do when there is none, `limit` how many bytes it may have. Other failures than those of
 * the path itself pass.
 */
export const readText = async (
  files: Files,
  path: string,
  missingHint?: string,
  limit = sizeLimit,
): Promise<ReadText> => {
  try {
    const status = await files.status(path);
    if (status === undefined) return refuse("file/missing", `there is no file ${path}`, missingHint);
    if (status.kind === "directory") return refuse("file/directory", `${path} is a directory, not a file`, missingHint);
    if (status.kind === "other") return refuse("file/not-a-file", `${path} is not a regular file`);
    if (status.size > limit) return tooLarge(path, status.size, limit);
    return decodeText(await files.read(path), path, limit);
  } catch (error) {
    const code = codeOf(error);
    if (code === "EISDIR") return refuse("file/directory", `${path} is a directory, not a file`, missingHint);
    if (code === "ENOENT")
      return refuse("file/missing", `${path} is a link to a file that does not exist`, missingHint);
    if (code === "ELOOP") return refuse("file/missing", `${path} is a link that leads back to itself`);
    if (code === "EACCES" || code === "EPERM") {
      return refuse("file/no-permission", `no permission to read ${path}`, `as its owner: chmod u+r ${path}`);
    }
    throw error;
  }
};
