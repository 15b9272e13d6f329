import type { Format } from "./format.ts";

export const raw = {
  name: "raw",
  extension: "raw",
  purpose: "disk as it is, sparse: for `dd` to a machine's own disk, and for clouds that take no other",
  needsDisk: true,
  tools: [],
  pack: async (io, _tools, { disk = "" }, to) => {
    const argv = ["cp", "--sparse=always", "--reflink=auto", disk, to] as const;
    await io.processes.run({ doing: "packing the disk as raw", argv });
  },
} satisfies Format;
