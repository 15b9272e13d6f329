import { pipeline } from "node:stream/promises";
import { joinArchives } from "./joined-archives.ts";
import type { Format } from "./format.ts";

export const tar = {
  name: "tar",
  extension: "tar",
  purpose:
    "root file system with kernel and container images, without a boot loader: for a machine that boots from the network",
  needsDisk: false,
  tools: [],
  pack: (io, _tools, { archives }, to) => pipeline(joinArchives(io, archives), io.files.openWrite(to)),
} satisfies Format;
