// One machine: its power switch, its console and a way in. Owns the processes it is made of; must not know what a cluster is.
import { spawn } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { constants } from "node:os";
import type { Finished, Io } from "../../src/edge/io.ts";
import { destroyGroup, makeGroup, members, memoryUse } from "./cgroups.ts";
import { containerCommand, environment, startProgram } from "./container.ts";
import { type Disk, seedDisk, wipeDisk } from "./disk.ts";
import type { LabNetwork } from "./network.ts";
import type { Place } from "./place.ts";
import { waitUntil } from "./wait.ts";

export interface ExecOptions {
  readonly input?: Uint8Array | string;
  /** Exit codes that are no failure; all when not given. */
  readonly accept?: readonly number[];
  /** Seconds; 60 when not given. */
  readonly seconds?: number;
}

export interface Machine {
  readonly name: string;
  readonly disk: Disk;
  /** Does nothing when it is running. */
  readonly start: () => Promise<void>;
  /** Everything in it ends at once. */
  readonly powerCut: () => Promise<void>;
  /** An orderly end, as by the power button. */
  readonly stop: () => Promise<void>;
  readonly isRunning: () => Promise<boolean>;
  /** Runs a program in the running machine. Rejects with ToolError when its exit code is not accepted. */
  readonly exec: (argv: readonly string[], options?: ExecOptions) => Promise<Finished>;
  /** What its console has shown since it was made, without colours; and since it was switched on for the last time. */
  readonly console: () => Promise<string>;
  readonly lastConsole: () => Promise<string>;
  /** A fresh disk with this seed; the machine must be off. */
  readonly wipe: (seed: string) => Promise<void>;
  readonly replaceSeed: (seed: string) => Promise<void>;
  /** Bytes, page cache included. */
  readonly memory: () => Promise<number>;
}

/** systemd(1), signals: SIGRTMIN+4 starts poweroff.target. glibc's SIGRTMIN is 34. */
const powerOff = 34 + 4;

/** A process, and the number of clock ticks after boot at which it started, so that no other one is taken for it (proc(5)). */
interface Supervisor {
  readonly pid: number;
  readonly started: string;
}

const startTime = async (pid: number): Promise<string | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field may contain blanks and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  // One that nobody has asked after yet has ended all the same.
  return fields?.[0] === "Z" ? undefined : fields?.[19];
};

const childrenOf = async (pid: number): Promise<readonly number[]> => {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return text.split(" ").filter(Boolean).map(Number);
};

/** Whether the process is the first one of a pid namespace of its own. */
const isInit = async (pid: number): Promise<boolean> => {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return /^NSpid:\s+\d+\s+1$/m.test(status);
};

/** The hard limit of this process (proc(5)). */
const openFilesLimit = async (): Promise<string> =>
  /^Max open files +\S+ +(\S+)/m.exec(await readFile("/proc/self/limits", "utf8"))?.[1] ?? "4096";

/** Of the harness, between what two runs of the machine have shown. */
const powerOn = "--- power on";

/** ECMA-48. */
const controlSequences =
  // oxlint-disable-next-line no-control-regex -- the console is full of them
  /\u001B\[[0-9;:?=!]*[A-Za-z]|\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)|\u001B[()c78][0-9A-Za-z]?|\r/g;

const enter = (init: number): readonly [string, ...string[]] => [
  ...(["nsenter", "--target", String(init), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"] as const),
  ...[`--root=/proc/${init}/root`, `--wd=/proc/${init}/root`],
  ...["env", "--ignore-environment", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
  ...["HOME=/root", "TERM=dumb", "LC_ALL=C.UTF-8", "KUBECONFIG=/etc/kubernetes/admin.conf"],
];

export const makeMachine = (io: Io, place: Place, network: LabNetwork, name: string, disk: Disk): Machine => {
  const group = `${place.name}/${name}`;
  const record = place.machine(name, "supervisor.json");
  const log = place.machine(name, "console.log");

  const supervisor = async (): Promise<number | undefined> => {
    if ((await io.files.status(record)) === undefined) return undefined;
    const { pid, started } = JSON.parse(await io.files.readText(record)) as Supervisor;
    return (await startTime(pid)) === started ? pid : undefined;
  };

  /** The container's first process. */
  const leader = async (): Promise<number | undefined> => {
    const pid = await supervisor();
    for (const child of pid === undefined ? [] : await childrenOf(pid)) if (await isInit(child)) return child;
    return undefined;
  };

  const isRunning = async (): Promise<boolean> => (await supervisor()) !== undefined;

  const launch = async (namespace: string): Promise<void> => {
    const output = await open(log, "a");
    try {
      await output.write(`\n${powerOn} ${io.now().toISOString()}\n`);
      const { lower, upper, work, merged } = disk;
      const container = containerCommand(name, disk, { network: namespace, openFiles: await openFilesLimit() });
      const argv = [group, lower, upper, work, merged, ...container];
      const child = spawn("unshare", ["--mount", "--propagation", "private", "--", startProgram, ...argv], {
        env: { PATH: process.env["PATH"], ...environment },
        stdio: ["ignore", output.fd, output.fd],
        detached: true,
      });
      await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
      const pid = child.pid ?? 0;
      await io.files.write(record, JSON.stringify({ pid, started: (await startTime(pid)) ?? "" } satisfies Supervisor));
      child.unref();
    } finally {
      await output.close();
    }
  };

  const start = async (): Promise<void> => {
    if (await isRunning()) return;
    await destroyGroup(group);
    await makeGroup(group);
    await launch(await network.plug(name));
    await waitUntil(`${name} to start`, { seconds: 30, every: 0.05 }, async () => {
      if (!(await isRunning())) throw new Error((await io.files.readText(log)).split("\n").slice(-5).join("\n"));
      return (await leader()) !== undefined;
    });
  };

  const signal = async (number: number): Promise<void> => {
    const pid = await leader();
    if (pid !== undefined) process.kill(pid, number);
  };

  const gone = (seconds: number): Promise<unknown> =>
    waitUntil(`${name} to be off`, { seconds, every: 0.05 }, async () => !(await isRunning()));

  const exec: Machine["exec"] = async (argv, options = {}) => {
    const pid = await leader();
    if (pid === undefined) throw new Error(`${name} is off`);
    const seconds = String(options.seconds ?? 60);
    return io.processes.run({
      doing: `running ${argv[0]} on ${name}`,
      argv: ["timeout", "--kill-after=5", seconds, ...enter(pid), ...argv],
      accept: options.accept ?? Array.from({ length: 256 }, (_, code) => code),
      ...(options.input === undefined ? {} : { input: options.input }),
    });
  };

  const consoleText = async (): Promise<string> => (await io.files.readText(log)).replaceAll(controlSequences, "");

  const whileOff = async (work: () => Promise<void>): Promise<void> => {
    if ((await isRunning()) || (await members(group)).length > 0) throw new Error(`${name} is running`);
    await work();
  };

  return {
    name,
    disk,
    start,
    isRunning,
    exec,
    powerCut: async () => {
      await signal(constants.signals.SIGKILL);
      await gone(60);
      await destroyGroup(group);
    },
    stop: async () => {
      await signal(powerOff);
      await gone(180);
      await destroyGroup(group);
    },
    console: consoleText,
    lastConsole: async () => (await consoleText()).split(powerOn).at(-1) ?? "",
    wipe: (seed) => whileOff(() => wipeDisk(io, place, disk, seed)),
    replaceSeed: (seed) => whileOff(() => seedDisk(io, disk, seed)),
    memory: () => memoryUse(group),
  };
};
