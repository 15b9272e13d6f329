// User-data for platforms whose meta-data has no room for ours: the same values in a statement of jinja in front of the document. One part,
// so that no MIME is needed: cloud-init looks at the first line of what it is given.
import { metadataLiteral } from "../jinja.ts";
import type { Budget, Seed, SeedFile } from "./datasource.ts";
import { base64, utf8 } from "../bytes.ts";

export const userDataAlone = (seed: Seed): Uint8Array => seed.userDataSetting(metadataLiteral(seed.kimg));

interface Taken {
  /** Path of the plain one. */
  readonly path: string;
  /** Bytes. */
  readonly limit: number;
  readonly what: string;
  /** How its size is counted; as it is when not given. */
  readonly counted?: (bytes: number) => number;
  /** What the compressed one travels as, and its path's end. */
  readonly compressed: "gz" | "base64";
}

const compressedFile = (seed: Seed, text: Uint8Array, taken: Taken): SeedFile => {
  const bytes = seed.gzip(text);
  const { path, limit, what, counted = (size) => size } = taken;
  const budget: Budget = { limit, what, used: counted(bytes.length), compressed: true };
  return taken.compressed === "gz"
    ? { path: `${path}.gz`, bytes, budget }
    : { path: `${path}.base64`, bytes: utf8(base64(bytes)), budget };
};

/** As text, as long as the platform takes that much of it, and compressed: some of a platform's tools take only the one or the other. */
export const textAndCompressed = (seed: Seed, text: Uint8Array, taken: Taken): readonly SeedFile[] => {
  const { path, limit, counted = (size) => size } = taken;
  const plain = counted(text.length) <= limit ? [{ path, bytes: text }] : [];
  return [...plain, compressedFile(seed, text, taken)];
};

/** Of `size` bytes in base64. */
export const inBase64 = (size: number): number => 4 * Math.ceil(size / 3);
