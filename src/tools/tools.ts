// Programs from Debian's archive, unpacked into the cache and run in a sandbox, so that the host needs little and its versions
// do not matter. Owns how a tools tree is made and entered; must not know what the programs are used for.

/** A tools tree: the files of some Debian packages and all they depend on, without their maintainer scripts having run. */
export interface ToolsTree {
  /** Absolute folder, owned by the calling user, read-only by convention. */
  readonly folder: string;
  /** Hash of what it was made from: part of the cache key of whatever it makes. */
  readonly id: string;
}

export interface ToolsRequest {
  /** Debian's suite, such as `trixie`. */
  readonly suite: string;
  readonly packages: readonly string[];
}
