// `kimg boot`: an image and a seed, in QEMU, followed by what the console says. Neither is ever written to.
import type { DiagnosticCode } from "../codes/index.ts";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { DiagnosticError, UsageError } from "../diagnostic.ts";
import { didYouMean } from "../did-you-mean.ts";
import type { Io } from "../edge/io.ts";
import { formatSeconds } from "../edge/progress.ts";
import { type AccelerationFound, findAcceleration } from "../emulator/acceleration.ts";
import { boot as bootMachine, type Followed } from "../emulator/boot.ts";
import type { Firmware, Machine } from "../emulator/machine.ts";
import { emulatorTools } from "../emulator/tools.ts";
import { recognise } from "../inspect/artifact-kind.ts";
import { inspectArtifact } from "../inspect/inspect.ts";
import { presentSeed, type PresentedSeed } from "./boot-seed.ts";
import { parseSize } from "./cache.ts";
import { parseDuration } from "./duration.ts";
import { formatTable } from "./words.ts";

export interface BootCommandOptions {
  readonly image: string;
  readonly seed?: string;
  readonly until?: string;
  readonly timeout?: string;
  readonly console?: boolean;
  readonly disk?: string;
  readonly firmware: Firmware;
  readonly accel: "auto" | "kvm" | "emulation";
  readonly memory: string;
  readonly cpus: number;
  readonly forward: readonly string[];
  readonly json: boolean;
}

export interface BootResult {
  readonly text: string;
  /** False when `until` was given and not seen. */
  readonly reached: boolean;
}

/** What the kernel, cloud-init and the boot agent (images/agent/kimg_agent/progress.py) say on the console, in their usual order. */
export const milestones = {
  kernel: /Linux version/,
  "cloud-init": /Cloud-init v\. \S+ finished/,
  agent: /^kimg: \S+ \(\S+\) of cluster /,
  preflight: /^kimg: preflight: \d+ of \d+ checks passed/,
  waiting: /^kimg: waiting for /,
  joined: /^kimg: kubeadm (init|join): done/,
  member: /^kimg: member: /,
  failed: /^kimg: FAILED/,
} as const;

const refuse = (code: DiagnosticCode, message: string, hint: string): DiagnosticError =>
  new DiagnosticError([{ severity: "error", code, message, hint }]);

const notBootable = (path: string): DiagnosticError =>
  refuse(
    "boot/no-disk",
    `${path} holds no disk to boot`,
    "give a qcow2 or raw disk, or the folder of a build with one",
  );

const diskIn = async (io: Io, given: string): Promise<Machine["disk"]> => {
  const { kind, path } = await recognise(io, given);
  if (kind === "qcow2" || kind === "raw") return { path, format: kind };
  const found = kind === "image-folder" ? await inspectArtifact(io, path, false) : undefined;
  const artifacts = found?.kind === "build" ? (found.manifest?.artifacts ?? []) : [];
  const disk = artifacts.find((artifact) => artifact.kind === "qcow2" || artifact.kind === "raw");
  if (disk === undefined || (disk.kind !== "qcow2" && disk.kind !== "raw")) throw notBootable(given);
  return { path: join(path, disk.path), format: disk.kind };
};

const isPort = (port: number): boolean => port > 0 && port < 65_536;

const parseForward = (text: string): { readonly host: number; readonly guest: number } => {
  const [host = 0, guest = 0] = /^\d+:\d+$/.test(text) ? text.split(":").map(Number) : [];
  if (isPort(host) && isPort(guest)) return { host, guest };
  throw new UsageError(`--forward ${text} is no pair of ports`, "write it as 2222:22, the host's port first");
};

const checkUntil = (until: string | undefined): void => {
  const names = Object.keys(milestones);
  if (until === undefined || names.includes(until)) return;
  throw new UsageError(`no milestone "${until}"${didYouMean(until, names)}`, `there are ${names.join(", ")}`);
};

const mebibyte = 2 ** 20;

/** What the command line says that can be wrong, before anything is made. */
const machineOptions = (
  options: BootCommandOptions,
): Omit<Machine, "disk" | keyof PresentedSeed> & { readonly seconds?: number } => {
  checkUntil(options.until);
  const { firmware, cpus, disk, timeout, forward } = options;
  const memory = Math.floor(parseSize(options.memory) / mebibyte);
  if (memory < 256) throw new UsageError(`--memory ${options.memory} is too little`, "a node needs 1G at least");
  return {
    ...{ firmware, memory, processors: cpus, forwards: forward.map(parseForward) },
    ...(disk === undefined ? {} : { layer: resolve(disk) }),
    ...(timeout === undefined ? {} : { seconds: parseDuration("--timeout", timeout) / 1000 }),
  };
};

const chooseAcceleration = async (io: Io, asked: BootCommandOptions["accel"]): Promise<AccelerationFound> => {
  if (asked !== "auto") return { acceleration: asked, reason: "" };
  return findAcceleration(io, await emulatorTools(io));
};

const wordsFor = ({ acceleration, reason }: AccelerationFound): string =>
  acceleration === "kvm" ? "with KVM" : `in software emulation${reason === "" ? "" : `: ${reason}`}`;

/** Silence of this length on KVM is most likely a host whose KVM does not run this kernel. */
const suspiciousSilence = 90_000;

const warnOfSilence = (io: Io, { acceleration }: AccelerationFound): (() => void) => {
  if (acceleration !== "kvm") return () => {};
  const text = "the console is silent: where it stays so, KVM does not run this kernel; try --accel emulation";
  const timer = setTimeout(() => io.progress.note(text), suspiciousSilence);
  return () => clearTimeout(timer);
};

const follow = (
  io: Io,
  machine: Machine,
  found: AccelerationFound,
  options: BootCommandOptions & { readonly seconds?: number },
): Promise<Followed> => {
  const { until, seconds } = options;
  const name = basename(options.image);
  return io.progress.stage(`running ${name} ${wordsFor(found)}`, async (stage) => {
    const heard = warnOfSilence(io, found);
    try {
      return await bootMachine(io, machine, milestones, {
        ...(until === undefined ? {} : { until }),
        ...(seconds === undefined ? {} : { seconds }),
        onLine: (line) => {
          heard();
          if (options.console === true) io.progress.note(line);
          else stage.detail(line);
        },
        onMilestone: (milestone, after, line) =>
          io.progress.note(`${formatSeconds(after).padStart(12)}  ${milestone}: ${line}`),
      });
    } finally {
      heard();
    }
  });
};

const lastLines = 20;

const outcome = (followed: Followed, { until, timeout }: BootCommandOptions): string => {
  if (until !== undefined && followed.reached) return `${until} was reached`;
  if (followed.stalled) return "the emulator has lost the machine's timer, which happens on busy hosts: boot it again";
  const end = followed.ended ? "the machine has switched itself off" : `ended after ${timeout ?? "--timeout"}`;
  return until === undefined ? end : `${until} was not reached: ${end}`;
};

const describe = (followed: Followed, options: BootCommandOptions): string => {
  const rows = Object.entries(followed.milestones).map(([name, seconds]) => [
    ...["", formatSeconds(seconds).padStart(12), name],
  ]);
  const failed = options.until !== undefined && !followed.reached;
  const tail = followed.console.filter((line) => line !== "").slice(-lastLines);
  return [
    outcome(followed, options),
    ...(rows.length === 0 ? [] : [formatTable(rows)]),
    ...(failed && options.console !== true ? ["the console's last lines", ...tail.map((line) => `  | ${line}`)] : []),
  ].join("\n");
};

const asJson = ({ reached, ended, milestones: times, console: lines }: Followed, until: string | undefined): string =>
  JSON.stringify(
    { ...(until === undefined ? {} : { until, reached }), ended, milestones: times, console: lines },
    undefined,
    2,
  );

/** Rejects with DiagnosticError for what cannot be booted, and with ToolError when QEMU fails. */
export const boot = async (io: Io, options: BootCommandOptions): Promise<BootResult> => {
  const { seconds, ...rest } = machineOptions(options);
  const disk = await diskIn(io, options.image);
  const scratch = await io.files.temporaryFolder(tmpdir());
  try {
    const seed = options.seed === undefined ? {} : await presentSeed(io, options.seed, scratch);
    const found = await chooseAcceleration(io, options.accel);
    const machine = { ...rest, disk, acceleration: found.acceleration, ...seed };
    const followed = await follow(io, machine, found, { ...options, ...(seconds === undefined ? {} : { seconds }) });
    const text = options.json ? asJson(followed, options.until) : describe(followed, options);
    return { text, reached: options.until === undefined || followed.reached };
  } finally {
    await io.files.remove(scratch);
  }
};
