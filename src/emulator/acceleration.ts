// Whether this host's KVM runs a machine: asked of KVM itself, since there are hosts whose /dev/kvm opens and then fails or hangs.
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Io } from "../edge/io.ts";
import { sandboxed } from "../tools/sandbox.ts";
import type { ToolsTree } from "../tools/tools.ts";
import { type Acceleration, acceleratorArguments, kvmDevice } from "./machine.ts";

export interface AccelerationFound {
  readonly acceleration: Acceleration;
  /** For people: why it is not KVM; empty when it is. */
  readonly reason: string;
}

/**
 * A boot record that says "K" on the first serial port and has the keyboard controller reset the machine, which ends QEMU:
 * mov dx,3f8; mov al,'K'; out dx,al; mov al,0a; out dx,al; mov dx,64; mov al,fe; out dx,al; hlt; jmp -1.
 */
const bootRecord = (): Buffer => {
  const disk = Buffer.alloc(2 ** 20);
  Buffer.from("baf803b04beeb00aeeba6400b0feeef4ebfd", "hex").copy(disk);
  disk.set([0x55, 0xaa], 510);
  return disk;
};

/** Firmware and record take less than a second where KVM works. */
const patience = 10_000;

export type DeviceState = "usable" | "closed" | "missing";

/** Whether this user may open KVM's device; not yet, whether a machine runs in it. */
export const deviceState = async (io: Io): Promise<DeviceState> => {
  if ((await io.files.status(kvmDevice)) === undefined) return "missing";
  const argv = ["test", "-r", kvmDevice, "-a", "-w", kvmDevice] as const;
  const { code } = await io.processes.run({ doing: `looking at ${kvmDevice}`, argv, accept: [0, 1, 2] });
  return code === 0 ? "usable" : "closed";
};

const runsRecord = async (io: Io, tools: ToolsTree): Promise<boolean> => {
  const scratch = await io.files.temporaryFolder(tmpdir());
  const ending = { signal: AbortSignal.timeout(patience), by: "SIGKILL" as const };
  const drive = "file=/scratch/disk,format=raw,if=ide,snapshot=on";
  try {
    await io.files.write(join(scratch, "disk"), bootRecord());
    const { stdout } = await io.processes.run(
      sandboxed(io, tools, {
        doing: "trying KVM",
        argv: [...acceleratorArguments("kvm"), "-m", "64", "-drive", drive] as unknown as [string],
        binds: [{ from: scratch, to: "/scratch", writable: true }],
        environment: { TMPDIR: "/scratch" },
        devices: [kvmDevice],
        accept: Array.from({ length: 256 }, (_, code) => code),
        ending,
      }),
    );
    return stdout.includes("K");
  } catch (error) {
    if (ending.signal.aborted && !io.signal.aborted) return false;
    throw error;
  } finally {
    await io.files.remove(scratch);
  }
};

/** KVM where a machine really runs in it; software emulation elsewhere. */
export const findAcceleration = async (io: Io, tools: ToolsTree): Promise<AccelerationFound> => {
  const state = await deviceState(io);
  if (state === "missing") return { acceleration: "emulation", reason: `this host has no ${kvmDevice}` };
  if (state === "closed") return { acceleration: "emulation", reason: `this user may not open ${kvmDevice}` };
  if (await runsRecord(io, tools)) return { acceleration: "kvm", reason: "" };
  return { acceleration: "emulation", reason: `no machine runs in this host's ${kvmDevice}` };
};
