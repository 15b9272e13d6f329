// The programs that stages and formats need, as one tools tree.
import type { Cache } from "../../edge/cache.ts";
import type { Io } from "../../edge/io.ts";
import { formats } from "../../formats/index.ts";
import type { DiskFormat } from "../../model.ts";
import { archiveGeneration } from "../../tools/archive.ts";
import type { LocalArchive } from "../../tools/local-archive.ts";
import { type ToolsTree, toolsTree } from "../../tools/tools.ts";
import { storeTools } from "./container-store.ts";
import { diskTools } from "./disk-image.ts";

/** The suite that the tools come from, whatever the image's own: its mke2fs takes a tar. */
export const toolsSuite = "trixie";

export const imageTools = async (
  io: Io,
  cache: Cache,
  wanted: readonly DiskFormat[],
  archive?: LocalArchive,
): Promise<ToolsTree> => {
  const packages = [...new Set([...diskTools, ...storeTools, ...wanted.flatMap((name) => formats[name].tools)])];
  const generation = await archiveGeneration(io, cache);
  return toolsTree(io, cache, { suite: toolsSuite, packages, archive, generation });
};
