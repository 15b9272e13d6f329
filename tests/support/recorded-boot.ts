// A boot that costs minutes, found once for all that it depends on: see recorded.ts.
import type { Io } from "../../src/edge/io.ts";
import type { Milestones } from "../../src/emulator/console.ts";
import type { Machine } from "../../src/emulator/machine.ts";
import type { JsonValue } from "../../src/model.ts";
import { boot, extraRoom, type Followed } from "./boot.ts";
import { recorded } from "./recorded.ts";

export interface Booting {
  readonly machine: Machine;
  readonly milestones: Milestones;
  /** The last of them. */
  readonly until: string;
  /** What stands for the content of the machine's files, and for all else that their paths do not tell. */
  readonly contents: { readonly [key: string]: JsonValue };
}

/** The machine's console up to `until`; a machine that does not come so far is an error with the end of its console. */
export const bootRecorded = (io: Io, { machine, milestones, until, contents }: Booting): Promise<Followed> => {
  const patterns = Object.values(milestones).map(String);
  return recorded(io, "boot", { firmware: machine.firmware, patterns, extraRoom, ...contents }, async () => {
    const booted = await boot(io, machine, milestones, { until, seconds: 1_200 });
    io.progress.note(`${JSON.stringify(contents)}: ${JSON.stringify(booted.milestones)}`);
    if (!booted.reached) throw new Error(`not there in time:\n${booted.console.slice(-60).join("\n")}`);
    return booted;
  });
};
