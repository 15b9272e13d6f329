// Boots a disk in QEMU's software emulation and follows its serial console. Owns how a machine is started, watched and ended; must
// not know what is on the disk. Two at most at a time: each takes all processors of a small machine.
import { tmpdir } from "node:os";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import type { Io } from "../../src/edge/io.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { type Bind, sandboxed } from "../../src/tools/sandbox.ts";
import { type ToolsTree, toolsTree } from "../../src/tools/tools.ts";

export type Firmware = "bios" | "uefi";

export interface Machine {
  /** Absolute paths. Nothing is written to either: what the machine writes goes to a layer of its own. */
  readonly disk: { readonly path: string; readonly format: "qcow2" | "raw" };
  readonly seed?: string;
  readonly firmware: Firmware;
  /** A folder that keeps the layer, made when missing: the next boot goes on with it. Without it the layer is gone with the machine. */
  readonly layer?: string;
  /** MiB. */
  readonly memory?: number;
  /** A wire to one other machine: a folder that both are given, in which one of the two listens. Without it the network leads nowhere. */
  readonly wire?: { readonly folder: string; readonly listens: boolean };
}

export interface Followed {
  /** What was waited for was seen; false when the time was up, or the machine ended by itself. */
  readonly reached: boolean;
  /** Lines of the serial console without colours, in order. */
  readonly console: readonly string[];
  /** Seconds from power-on to the first line that each milestone matches. */
  readonly milestones: Readonly<Record<string, number>>;
}

const firmwareFolder = "/usr/share/OVMF";

/** Older versions than 10 have been seen to break a guest with two processors. */
export const emulatorTools = (io: Io): Promise<ToolsTree> =>
  toolsTree(io, openCache(io, cacheFolder(io.environment)), {
    suite: "trixie",
    packages: ["ovmf", "qemu-system-x86", "qemu-utils"],
  });

/** https://www.qemu.org/docs/master/system/invocation.html, "-drive": `unsafe` takes no notice of the guest's wish to have it on disk. */
const drive = (name: string, path: string, format: string, mode: string, bootIndex: number): string[] => [
  ...["-drive", `id=${name},file=${path},format=${format},if=none,${mode}`],
  ...["-device", `virtio-blk-pci,drive=${name},bootindex=${bootIndex}`],
];

/** GiB that the machine's disk has more than the image, as a real machine's would: the root partition is to grow into it. */
export const extraRoom = 4;

const makeDiskAndRun = `set -eu
if [ ! -e /layer/disk ]; then
  qemu-img create -q -f qcow2 -b /disk -F "$1" /layer/disk
  qemu-img resize -q /layer/disk +${extraRoom}G
fi
shift
exec "$@"`;

const flash = (name: string): string[] => ["-drive", `if=pflash,format=raw,snapshot=on,file=${firmwareFolder}/${name}`];

/** https://www.qemu.org/docs/master/system/invocation.html, "-netdev stream". */
const network = ({ wire }: Machine): string => {
  if (wire === undefined) return "user,id=net,restrict=on";
  const end = wire.listens ? "server=on" : "server=off,reconnect-ms=1000";
  return `stream,id=net,${end},addr.type=unix,addr.path=/wire/socket`;
};

const machineArguments = (machine: Machine): string[] => [
  ...["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2"],
  ...["-m", String(machine.memory ?? 2048), "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"],
  ...(machine.firmware === "uefi" ? [...flash("OVMF_CODE_4M.fd"), ...flash("OVMF_VARS_4M.fd")] : []),
  // A layer that is kept must hold after a power cut what the machine was told it holds, and nothing more.
  ...drive("disk", "/layer/disk", "qcow2", machine.layer === undefined ? "cache=unsafe" : "cache=writeback", 0),
  ...(machine.seed === undefined ? [] : drive("seed", "/seed", "raw", "snapshot=on,cache=unsafe", 1)),
  ...["-device", "virtio-rng-pci", "-netdev", network(machine)],
  ...["-device", `virtio-net-pci,netdev=net,romfile=,mac=${machine.wire?.listens === false ? otherMac : mac}`],
];

/** The emulator's own default, and the next: two on a wire must differ. */
const mac = "52:54:00:12:34:56";
const otherMac = "52:54:00:12:34:57";

/** Colours and cursor movements: ECMA-48. */
// oxlint-disable-next-line no-control-regex -- the console is full of them
const controlSequences = /\u001B\[[0-9;:?=!]*[A-Za-z]|\u001B[()c78][0-9A-Za-z]?|[\u0000-\u0008\u000B-\u001A]/g;

const plain = (line: string): string => line.replaceAll(controlSequences, "").trimEnd();

interface Watch {
  readonly seen: (line: string) => void;
  readonly console: string[];
  readonly milestones: Record<string, number>;
}

const watchConsole = (
  milestones: Readonly<Record<string, RegExp>>,
  onLine: (line: string) => void,
  onMilestone: (name: string) => void,
): Watch => {
  const started = performance.now();
  const watch: Watch = {
    console: [],
    milestones: {},
    seen: (text) => {
      const line = plain(text);
      watch.console.push(line);
      onLine(line);
      for (const [name, pattern] of Object.entries(milestones)) {
        if (name in watch.milestones || !pattern.test(line)) continue;
        watch.milestones[name] = Math.round((performance.now() - started) / 100) / 10;
        onMilestone(name);
      }
    },
  };
  return watch;
};

/**
 * Boots the machine and follows its console until the milestone `until` has been seen, and for `linger` seconds more, or until the time
 * is up; then ends it at once, as a power cut would. Its process and all it started are gone when this returns.
 */
export const boot = async (
  io: Io,
  machine: Machine,
  milestones: Readonly<Record<string, RegExp>>,
  options: {
    readonly until: string;
    readonly linger?: number;
    readonly seconds: number;
    readonly onLine?: (line: string) => void;
  },
): Promise<Followed> => {
  const tools = await emulatorTools(io);
  const end = new AbortController();
  const watch = watchConsole(milestones, options.onLine ?? (() => {}), (name) => {
    // What comes in the same breath belongs to it.
    if (name === options.until) setTimeout(() => end.abort(), (options.linger ?? 2) * 1_000);
  });
  const timer = setTimeout(() => end.abort(), options.seconds * 1_000);
  const seed: Bind[] = machine.seed === undefined ? [] : [{ from: machine.seed, to: "/seed" }];
  const scratch = await io.files.temporaryFolder(tmpdir());
  const layer = machine.layer ?? scratch;
  await io.files.makeFolder(layer);
  const wire: Bind[] = machine.wire === undefined ? [] : [{ from: machine.wire.folder, to: "/wire", writable: true }];
  const binds = [
    { from: machine.disk.path, to: "/disk" },
    ...seed,
    ...wire,
    { from: scratch, to: "/scratch", writable: true },
    { from: layer, to: "/layer", writable: true },
  ];
  const argv = ["sh", "-c", makeDiskAndRun, "sh", machine.disk.format, ...machineArguments(machine)] as const;
  const inner = systemIo(io.progress, AbortSignal.any([io.signal, end.signal]));
  try {
    const environment = { TMPDIR: "/scratch" };
    const program = { doing: "running a machine", argv, binds, environment, onLine: watch.seen };
    await inner.processes.run(sandboxed(io, tools, program));
  } catch (error) {
    if (!end.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    await io.files.remove(scratch);
  }
  return { reached: options.until in watch.milestones, console: watch.console, milestones: watch.milestones };
};

/** What a probe on the machine has said: lines `PROBE key the rest`, by their keys. */
export const said = ({ console: lines }: Pick<Followed, "console">): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lines
      .map((line) => /^PROBE (\S+) ?(.*)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, key = "", value = ""]) => [key, value]),
  );
