// Text and bytes in the forms that seeds travel in.
import { gzipSync } from "fflate";

export const utf8 = (text: string): Uint8Array => Buffer.from(text);

export const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString("base64");

export const jsonBytes = (value: unknown): Uint8Array => utf8(`${JSON.stringify(value, undefined, 2)}\n`);

/** The same bytes for the same input. Not node:zlib: its bytes differ from one Node to the next. */
export const gzip = (bytes: Uint8Array): Uint8Array => gzipSync(bytes, { level: 9, mtime: 0 });
