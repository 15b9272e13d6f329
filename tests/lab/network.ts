// The lab's network: one bridge in a network namespace of its own, and a namespace for each machine with a cable to the bridge. Nothing
// leads out of them. Must not touch the host's own namespace.
import { createHash } from "node:crypto";
import type { Io } from "../../src/edge/io.ts";
import type { Place } from "./place.ts";

export interface LabNetwork {
  /** The bridge, with the gateway's address. Does nothing when it is there already. */
  readonly up: (gateway: string) => Promise<void>;
  /** A fresh namespace and a cable for a machine that starts: a power cycle loses what the kernel knew. Resolves to its path. */
  readonly plug: (machine: string) => Promise<string>;
  /** Gives the bridge one more address: a neighbour's; and takes it away again. */
  readonly addAddress: (address: string) => Promise<void>;
  readonly removeAddress: (address: string) => Promise<void>;
  /** Pulls the cable and puts it back: the machine runs on and hears nobody. */
  readonly cut: (machine: string) => Promise<void>;
  readonly heal: (machine: string) => Promise<void>;
  readonly unplug: (machine: string) => Promise<void>;
  /** Everything, of this run and of one that was killed. */
  readonly down: () => Promise<void>;
  /** Namespaces that are there. */
  readonly left: () => Promise<readonly string[]>;
  /** Name of the bridge's namespace: for a neighbour of the machines that is none of them. */
  readonly lan: string;
}

/** The bridge's end of a machine's cable: an interface has at most 15 characters. */
const port = (machine: string): string => `to-${machine}`.slice(0, 15);

/** The same after each power cycle, as a machine's own: one of those that anybody may give (IEEE 802, locally administered). */
export const macOf = (machine: string): string => {
  const digits = createHash("sha256").update(machine).digest("hex");
  return ["02", ...[0, 2, 4, 6, 8].map((at) => digits.slice(at, at + 2))].join(":");
};

export const labNetwork = ({ files, processes }: Io, { name }: Place): LabNetwork => {
  const lan = `${name}-lan`;
  const ip = (...argv: readonly string[]): Promise<unknown> =>
    processes.run({ doing: "setting up the lab's network", argv: ["ip", ...argv] });
  const inLan = (...argv: readonly string[]): Promise<unknown> => ip("-netns", lan, ...argv);

  const left: LabNetwork["left"] = async () => {
    const folder = "/run/netns";
    const names = (await files.status(folder)) === undefined ? [] : await files.list(folder);
    return names.filter((each) => each.startsWith(`${name}-`));
  };

  const up: LabNetwork["up"] = async (gateway) => {
    if ((await left()).includes(lan)) return;
    await ip("netns", "add", lan);
    await inLan("link", "set", "lo", "up");
    await inLan("link", "add", "lan", "type", "bridge");
    await inLan("address", "add", gateway, "dev", "lan");
    await inLan("link", "set", "lan", "up");
  };

  const unplug: LabNetwork["unplug"] = async (machine) => {
    const cable = ["ip", "-netns", lan, "link", "delete", port(machine)] as const;
    await processes.run({ doing: "pulling a cable", argv: cable, accept: [0, 1] });
    if ((await left()).includes(`${name}-${machine}`)) await ip("netns", "delete", `${name}-${machine}`);
  };

  const plug: LabNetwork["plug"] = async (machine) => {
    await unplug(machine);
    const own = `${name}-${machine}`;
    await ip("netns", "add", own);
    await ip("-netns", own, "link", "set", "lo", "up");
    const peer = ["peer", "name", "eth0", "address", macOf(machine), "netns", own];
    await inLan("link", "add", port(machine), "type", "veth", ...peer);
    await inLan("link", "set", port(machine), "master", "lan", "up");
    return `/run/netns/${own}`;
  };

  const down: LabNetwork["down"] = async () => {
    for (const namespace of await left()) await ip("netns", "delete", namespace);
  };

  return {
    up,
    plug,
    unplug,
    down,
    left,
    lan,
    addAddress: async (address) => void (await inLan("address", "add", address, "dev", "lan")),
    removeAddress: async (address) => void (await inLan("address", "delete", address, "dev", "lan")),
    cut: async (machine) => void (await inLan("link", "set", port(machine), "down")),
    heal: async (machine) => void (await inLan("link", "set", port(machine), "up")),
  };
};
