// How large a node's seed is, part by part, and what each part may be at most. NoCloud has no limits of its own. Pure.
import type { FileTree } from "../model.ts";

export interface SeedSize {
  /** `nocloud/user-data`. */
  readonly part: string;
  readonly bytes: number;
  /** Bytes; undefined where there is none. */
  readonly limit: number | undefined;
}

/** From here on a part is said to be near its limit. */
const nearShare = 0.8;

export const isNearLimit = ({ bytes, limit }: SeedSize): boolean => limit !== undefined && bytes >= limit * nearShare;

/** `tree`: the node's part of a rendered cluster, its name left out of the paths. */
export const seedSizes = (tree: FileTree): readonly SeedSize[] =>
  [...tree]
    .filter(([path]) => path.startsWith("nocloud"))
    .map(([path, { bytes }]) => ({ part: path, bytes: bytes.length, limit: undefined }));
