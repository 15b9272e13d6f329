// A program of the case's own on the machines' network: somebody else at an address, or a client. It runs where the bridge is and in
// the lab's control groups, so that it ends with the lab whatever happens.
import { type ChildProcess, spawn } from "node:child_process";
import { makeGroup } from "./cgroups.ts";
import type { Lab } from "./lab.ts";

export interface Neighbour {
  /** What it has printed on both of its outputs. */
  readonly output: () => string;
  /** Ends it, if it has not ended by itself. */
  readonly stop: () => Promise<void>;
}

const enterGroups = 'for members in /sys/fs/cgroup/*/"$0"/cgroup.procs; do echo $$ >"$members"; done; exec "$@"';

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("close", () => resolve());
  });

export const startNeighbour = async ({ place, network }: Lab, argv: readonly string[]): Promise<Neighbour> => {
  const group = `${place.name}/neighbours`;
  await makeGroup(group);
  const child = spawn("ip", ["netns", "exec", network.lan, "sh", "-c", enterGroups, group, ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  return {
    output: () => output,
    stop: async () => {
      child.kill("SIGKILL");
      await ended(child);
    },
  };
};
