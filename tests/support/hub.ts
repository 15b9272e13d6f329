// What joins emulated machines: a hub that is there before, between and after them, so that a machine's link is up though it is alone.
// Each machine is a `-netdev stream` of QEMU's, whose framing is that of net/stream.c: a frame's length, 32 bits big-endian, then the frame.
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { type Socket, createServer } from "node:net";
import { dirname } from "node:path";

export interface Hub {
  /** Absolute path. */
  readonly socket: string;
  readonly close: () => Promise<void>;
}

const lengthBytes = 4;
/** What a machine has not taken yet; beyond it frames are lost, as on every wire. */
const mostWaiting = 4 * 1024 * 1024;

/** Hands on whole frames, each with its length before it. */
const frames = (onFrame: (frame: Buffer) => void): ((chunk: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= lengthBytes) {
      const end = lengthBytes + rest.readUInt32BE(0);
      if (rest.length < end) return;
      onFrame(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
};

/** Makes the socket's folder. Every frame goes to all machines but the one that it comes from. */
export const openHub = async (socket: string): Promise<Hub> => {
  await mkdir(dirname(socket), { recursive: true });
  const machines = new Set<Socket>();
  const server = createServer((machine) => {
    machines.add(machine);
    machine.on("close", () => machines.delete(machine));
    // Power cuts end connections in the middle of a frame.
    machine.on("error", () => machine.destroy());
    machine.on(
      "data",
      frames((frame) => {
        for (const other of machines) {
          if (other !== machine && other.writableLength < mostWaiting) other.write(frame);
        }
      }),
    );
  });
  server.listen(socket);
  await once(server, "listening");
  return {
    socket,
    close: async () => {
      server.close();
      for (const machine of machines) machine.destroy();
      await once(server, "close");
    },
  };
};
