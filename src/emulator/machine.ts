// A machine's description → QEMU's arguments, and where its files are seen inside of the sandbox. Pure.
import { basename, dirname } from "node:path/posix";
import type { Bind } from "../tools/sandbox.ts";

export const firmwares = ["bios", "uefi"] as const;
export type Firmware = (typeof firmwares)[number];

/** Who runs the guest's instructions: the processor, through the host's kernel, or QEMU's translation, which is some ten times slower. */
export type Acceleration = "kvm" | "emulation";

export interface Machine {
  /** Absolute paths. Nothing is written to either. */
  readonly disk: { readonly path: string; readonly format: "qcow2" | "raw" };
  readonly seed?: string;
  /** Further drives with raw content, absolute paths. */
  readonly drives?: readonly string[];
  readonly firmware: Firmware;
  /** `emulation` when not given. */
  readonly acceleration?: Acceleration;
  /** MiB; 2048 when not given. */
  readonly memory?: number;
  /** 2 when not given. */
  readonly processors?: number;
  /**
   * Absolute path of the layer over the disk that takes what the machine writes; made where it is not there. It is kept, and the next
   * machine with it finds what this one has written. Without it everything written is gone with the machine.
   */
  readonly layer?: string;
  /**
   * A wire to other machines: absolute path of a UNIX socket that somebody listens on from before the machine's start to its end (without
   * one the machine's link is down), and which of the machines on it this one is, from 0. Without a wire the network leads nowhere.
   */
  readonly wire?: { readonly socket: string; readonly station: number };
  /** TCP ports of the host's loopback address that lead into the machine. Not together with a wire. */
  readonly forwards?: readonly { readonly host: number; readonly guest: number }[];
  /** Absolute path of a folder whose files the machine can read at `servedAt`. Not together with a wire. */
  readonly served?: string;
  /** The serial number that the machine's SMBIOS says. */
  readonly serial?: string;
}

/** In the network that QEMU makes for a machine alone. */
const server = { address: "10.0.2.4", port: 80 } as const;
export const servedAt = `http://${server.address}/`;

/** GiB that the machine's disk has more than the image, as a real machine's would: the root partition is to grow into it. */
export const extraRoom = 4;

const firmwareFolder = "/usr/share/OVMF";

const flash = (name: string): string[] => ["-drive", `if=pflash,format=raw,snapshot=on,file=${firmwareFolder}/${name}`];

interface Drive {
  readonly name: string;
  readonly path: string;
  readonly format: "qcow2" | "raw";
  readonly bootIndex: number;
  /** What is written is kept: QEMU then heeds the guest's flushes, and a power cut leaves what a real one would. */
  readonly kept: boolean;
}

const drive = ({ name, path, format, bootIndex, kept }: Drive): string[] => [
  "-drive",
  `id=${name},file=${path},format=${format},if=none,${kept ? "cache=writeback" : "snapshot=on,cache=unsafe"}`,
  ...["-device", `virtio-blk-pci,drive=${name},bootindex=${bootIndex}`],
];

/**
 * https://www.qemu.org/docs/master/system/invocation.html, "-netdev user" and "-netdev stream". QEMU starts the HTTP server for each
 * connection that the machine makes to it, which `restrict` leaves alone: nobody listens, and the machine reaches nothing else.
 */
const network = ({ wire, forwards = [], served }: Machine): string => {
  if (wire !== undefined) {
    return `stream,id=net,server=off,addr.type=unix,addr.path=/wire/${basename(wire.socket)}`;
  }
  const rules = [
    ...forwards.map(({ host, guest }) => `hostfwd=tcp:127.0.0.1:${host}-:${guest}`),
    ...(served === undefined ? [] : [`guestfwd=tcp:${server.address}:${server.port}-cmd:busybox httpd -i -h /served`]),
  ];
  return ["user", "id=net", "restrict=on", ...rules].join(",");
};

/** A comma ends a value of QEMU's options; two are one. */
const firmwareTable = ({ serial }: Machine): string[] =>
  serial === undefined ? [] : ["-smbios", `type=1,serial=${serial.replaceAll(",", ",,")}`];

/** The emulator's own default, and those after it: machines on a wire must differ. */
const macOf = ({ wire }: Machine): string => `52:54:00:12:34:${(0x56 + (wire?.station ?? 0)).toString(16)}`;

const accelerator: Readonly<Record<Acceleration, string>> = { kvm: "kvm", emulation: "tcg,thread=multi" };

export const acceleratorArguments = (acceleration: Acceleration): string[] => [
  ...["qemu-system-x86_64", "-machine", "q35", "-accel", accelerator[acceleration], "-cpu", "max"],
  ...["-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"],
];

export const kvmDevice = "/dev/kvm";

const layerInside = ({ layer }: Machine): string =>
  layer === undefined ? "/scratch/disk" : `/layer/${basename(layer)}`;

const driveName = (index: number): string => `drive${index}`;

/** What the machine writes goes to a layer over the image. */
const makeLayerAndRun = `set -eu
if [ ! -e "$2" ]; then
  qemu-img create -q -f qcow2 -b /disk -F "$1" "$2.new"
  qemu-img resize -q "$2.new" +${extraRoom}G
  mv "$2.new" "$2"
fi
shift 2
exec "$@"`;

const emulator = (machine: Machine): string[] => [
  ...acceleratorArguments(machine.acceleration ?? "emulation"),
  ...["-smp", String(machine.processors ?? 2), "-m", String(machine.memory ?? 2048)],
  ...(machine.firmware === "uefi" ? [...flash("OVMF_CODE_4M.fd"), ...flash("OVMF_VARS_4M.fd")] : []),
  ...drive({
    name: "disk",
    path: layerInside(machine),
    format: "qcow2",
    bootIndex: 0,
    kept: machine.layer !== undefined,
  }),
  ...(machine.seed === undefined
    ? []
    : drive({ name: "seed", path: "/seed", format: "raw", bootIndex: 1, kept: false })),
  ...(machine.drives ?? []).flatMap((_, index) =>
    drive({ name: driveName(index), path: `/${driveName(index)}`, format: "raw", bootIndex: 2 + index, kept: false }),
  ),
  ...["-device", "virtio-rng-pci", "-netdev", network(machine)],
  ...["-device", `virtio-net-pci,netdev=net,romfile=,mac=${macOf(machine)}`],
  ...firmwareTable(machine),
];

/** To be run with `machineBinds`. */
export const machineArguments = (machine: Machine): [string, ...string[]] => [
  ...(["sh", "-c", makeLayerAndRun, "sh"] as const),
  ...[machine.disk.format, layerInside(machine), ...emulator(machine)],
];

/** `scratch`: a folder of the machine's own, for what need not be kept. */
export const machineBinds = ({ disk, seed, drives = [], served, wire, layer }: Machine, scratch: string): Bind[] => [
  { from: disk.path, to: "/disk" },
  ...(seed === undefined ? [] : [{ from: seed, to: "/seed" }]),
  ...drives.map((from, index) => ({ from, to: `/${driveName(index)}` })),
  ...(served === undefined ? [] : [{ from: served, to: "/served" }]),
  ...(wire === undefined ? [] : [{ from: dirname(wire.socket), to: "/wire", writable: true }]),
  ...(layer === undefined ? [] : [{ from: dirname(layer), to: "/layer", writable: true }]),
  { from: scratch, to: "/scratch", writable: true },
];
