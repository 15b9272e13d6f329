// Real Packers: Debian 12's, which is the last with its builders inside that Debian has, and a new one, compiled from its Go module.
import { join } from "node:path";
import type { Cache } from "../../src/edge/cache.ts";
import type { Io } from "../../src/edge/io.ts";
import { compilePrograms } from "../../src/supply/compile.ts";
import type { Program } from "../../src/supply/components.ts";
import { toolsTree, type ToolsTree } from "../../src/tools/tools.ts";

/** For the machine's emulator as well: Packer 1.6.6 is a static program and runs in any tree. */
export const oldPacker = async (io: Io, cache: Cache): Promise<{ readonly tree: ToolsTree; readonly path: string }> => {
  const tree = await toolsTree(io, cache, { suite: "bookworm", packages: ["packer"] });
  return { tree, path: join(tree.folder, "usr/bin/packer") };
};

/** Pinned here, and not among the components: no image has it. */
const newProgram: Program = {
  module: "../../../tests/support/modules/packer",
  package: "github.com/hashicorp/packer",
  cgo: false,
  tags: [],
  stamp: {},
};

/** Absolute path of Packer 1.15.0. Its plugins have no modules of their own that could be had. */
export const newPacker = async (io: Io, cache: Cache): Promise<string> =>
  (await compilePrograms(io, cache, [newProgram])).get(newProgram)?.path ?? "";
