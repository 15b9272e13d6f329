// Boots a disk in QEMU and follows its serial console. Owns how a machine is started, watched and ended; must not know what is on the
// disk. Emulated machines take all processors of a small host: two at most at a time.
import { tmpdir } from "node:os";
import type { Io } from "../edge/io.ts";
import { sandboxed } from "../tools/sandbox.ts";
import { type Milestones, watchConsole, type WatchActions } from "./console.ts";
import { kvmDevice, type Machine, machineArguments, machineBinds } from "./machine.ts";
import { emulatorTools } from "./tools.ts";

export interface BootOptions extends WatchActions {
  /** The milestone that ends the machine; without it the machine runs until it ends by itself or the time is up. */
  readonly until?: string;
  /** The most that it may take. */
  readonly seconds?: number;
  /** Ends it as a power cut does, and not in good order. */
  readonly powerCut?: boolean;
  /** Seconds from that milestone to the end. When not given: none for a power cut, else two, for what comes in the same breath. */
  readonly linger?: number;
  /** After that milestone the machine runs on until this is settled, such as the boot of another machine that needs it. */
  readonly neededBy?: Promise<unknown> | undefined;
}

export interface Followed {
  /** What was waited for was seen; false when the time was up, or the machine ended by itself. */
  readonly reached: boolean;
  /** The machine has switched itself off, or asked for a reboot. */
  readonly ended: boolean;
  /** An emulated processor has lost its timer, and the guest with it: an infirmity of the emulator, and no word about the image. */
  readonly stalled: boolean;
  /** Lines of the serial console without colours, in order. */
  readonly console: readonly string[];
  /** Seconds from power-on to the first line that each milestone matches. */
  readonly milestones: Readonly<Record<string, number>>;
}

/** Linux's own words (kernel/rcu/tree_stall.h). A busy host has it say so once or twice; who says it again and again never comes back. */
const stall = /rcu: \S+ kthread timer wakeup didn't happen/;
const stallsUntilLost = 5;

const lingerOf = ({ linger, powerCut }: BootOptions): number => linger ?? (powerCut === true ? 0 : 2);

const endAfter = async (options: BootOptions, end: () => void): Promise<void> => {
  await Promise.allSettled([options.neededBy]);
  const linger = lingerOf(options);
  if (linger === 0) end();
  else setTimeout(end, linger * 1_000);
};

/**
 * Boots the machine and follows its console until the milestone `until` has been seen or the time is up, then ends it. Its process and
 * all it started are gone when this returns.
 */
export const boot = async (
  io: Io,
  machine: Machine,
  milestones: Milestones,
  options: BootOptions,
): Promise<Followed> => {
  const tools = await emulatorTools(io);
  const scratch = await io.files.temporaryFolder(tmpdir());
  const end = new AbortController();
  let stalls = 0;
  const watch = watchConsole(milestones, {
    onLine: (line) => {
      options.onLine?.(line);
      if (stall.test(line) && ++stalls === stallsUntilLost) end.abort();
    },
    onMilestone: (name, seconds, line) => {
      options.onMilestone?.(name, seconds, line);
      if (name !== options.until) return;
      void endAfter(options, () => end.abort());
    },
  });
  const { seconds } = options;
  const timer = seconds === undefined ? undefined : setTimeout(() => end.abort(), seconds * 1_000);
  const program = {
    doing: "running a machine",
    argv: machineArguments(machine),
    binds: machineBinds(machine, scratch),
    // QEMU takes /tmp for no place of its own.
    environment: { TMPDIR: "/scratch" },
    network: (machine.forwards ?? []).length > 0,
    devices: machine.acceleration === "kvm" ? [kvmDevice] : [],
    onLine: watch.seen,
    hint: "QEMU says above why it ended; `kimg doctor` says what this host lacks",
    ending: { signal: end.signal, by: options.powerCut === true ? ("SIGKILL" as const) : ("SIGTERM" as const) },
  };
  try {
    await io.processes.run(sandboxed(io, tools, program));
  } catch (error) {
    if (!end.signal.aborted || io.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    await io.files.remove(scratch);
  }
  const reached = options.until !== undefined && options.until in watch.milestones;
  const { console, milestones: seen } = watch;
  return { reached, ended: !end.signal.aborted, stalled: stalls >= stallsUntilLost, console, milestones: seen };
};
