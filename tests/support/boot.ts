// Machines for tests: the emulator that `kimg boot` has, and how a probe on the machine is heard.
import type { Followed } from "../../src/emulator/boot.ts";

export { boot, type Followed } from "../../src/emulator/boot.ts";
export { extraRoom } from "../../src/emulator/machine.ts";

/** What a probe on the machine has said: lines `PROBE key the rest`, by their keys. */
export const said = ({ console: lines }: Pick<Followed, "console">): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lines
      .map((line) => /^PROBE (\S+) ?(.*)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, key = "", value = ""]) => [key, value]),
  );
