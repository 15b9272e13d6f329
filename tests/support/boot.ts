// Machines for tests: the emulator that `kimg boot` has, and how a probe on the machine is heard.
import type { Io } from "../../src/edge/io.ts";
import { type BootOptions, boot as bootOnce, type Followed } from "../../src/emulator/boot.ts";
import type { Milestones } from "../../src/emulator/console.ts";
import type { Machine } from "../../src/emulator/machine.ts";

export type { Followed } from "../../src/emulator/boot.ts";
export { extraRoom } from "../../src/emulator/machine.ts";

/** Again when the emulator has lost it: a machine with a layer goes on with what is on its disk then, as after a power cut. */
export const boot = async (
  io: Io,
  machine: Machine,
  milestones: Milestones,
  options: BootOptions,
  attempts = 3,
): Promise<Followed> => {
  const followed = await bootOnce(io, machine, milestones, options);
  if (!followed.stalled || attempts <= 1) return followed;
  io.progress.note("the emulator has lost a machine's timer: booted again");
  return boot(io, machine, milestones, options, attempts - 1);
};

/** What a probe on the machine has said: lines `PROBE key the rest`, by their keys. */
export const said = ({ console: lines }: Pick<Followed, "console">): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lines
      .map((line) => /^PROBE (\S+) ?(.*)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, key = "", value = ""]) => [key, value]),
  );
