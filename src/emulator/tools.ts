// The emulator itself, as a tools tree.
import { openUserCache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import { type ToolsTree, toolsTree } from "../tools/tools.ts";

/** Older versions than 10 have been seen to break a guest with two processors. */
export const emulatorTools = (io: Io): Promise<ToolsTree> =>
  toolsTree(io, openUserCache(io), {
    suite: "trixie",
    packages: ["busybox", "ovmf", "qemu-system-x86", "qemu-utils"],
  });
