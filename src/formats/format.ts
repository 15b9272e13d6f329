// What a format must say of itself.
import type { Io } from "../edge/io.ts";
import type { DiskFormat } from "../model.ts";
import type { ToolsTree } from "../tools/tools.ts";

export interface Packable {
  /** Absolute path of the disk, a sparse file; undefined when no format asked for it. */
  readonly disk: string | undefined;
  /** Absolute paths of tar archives that are the root file system together. */
  readonly archives: readonly string[];
}

export interface Format {
  readonly name: DiskFormat;
  /** Of its files, without a dot. */
  readonly extension: string;
  /** One line for people: what it is for. */
  readonly purpose: string;
  /** Whether it packs the disk; else it takes the archives only. */
  readonly needsDisk: boolean;
  /** Debian packages whose programs it runs. */
  readonly tools: readonly string[];
  /** Writes a new file. The same content gives the same bytes. */
  readonly pack: (io: Io, tools: ToolsTree, from: Packable, to: string) => Promise<void>;
}
