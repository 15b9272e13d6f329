// What a disk can be packed as: one file each, and a line here.
import type { DiskFormat } from "../model.ts";
import type { Format } from "./format.ts";
import { qcow2 } from "./qcow2.ts";
import { raw } from "./raw.ts";
import { tar } from "./tar.ts";

export type { Format } from "./format.ts";

export const formats: Readonly<Record<DiskFormat, Format>> = { qcow2, raw, tar };
