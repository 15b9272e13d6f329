// A control plane and a worker for software emulation: the qcow2 disks that `kimg build` makes, and the seeds that `kimg render` writes.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCluster } from "../../src/commands/check.ts";
import type { Io } from "../../src/edge/io.ts";
import { renderCluster } from "../../src/render/render.ts";
import { resolveCluster } from "../../src/resolve/resolve.ts";
import type { Machine } from "../../src/emulator/machine.ts";
import { type Followed, boot } from "../support/boot.ts";
import { builtDisk } from "../support/built-disk.ts";
import { type Hub, openHub } from "../support/hub.ts";
import { testOnlySecrets } from "../support/render-case.ts";
import { emulated, milestones } from "./emulated.ts";

/** On both machines, once each is a member. */
const finding = `if [ -e "$KUBECONFIG" ]; then
  until [ "$(kubectl get nodes --no-headers 2>/dev/null | grep -cw Ready)" = 2 ]; do sleep 5; done
  say nodes $(kubectl get nodes -o 'jsonpath={range .items[*]}{.metadata.name}={.status.nodeInfo.kubeletVersion} {end}')
  say members $(python3 /root/members.py)
else
  export KUBECONFIG=/etc/kubernetes/kubelet.conf
  until kubectl get node w1 --no-headers 2>/dev/null | grep -qw Ready; do sleep 5; done
  # Long enough for the other machine to see it.
  sleep 60
fi
`;

const clusterText = `version: 1
name: pair
network: { nodes: 10.9.9.0/24, gateway: 10.9.9.1 }
nodes:
  - { name: cp1, role: master-init, address: 10.9.9.21 }
  - { name: w1, role: worker, address: 10.9.9.31 }
${emulated(finding)}`;

export const pairNames = ["cp1", "w1"] as const;
export type PairName = (typeof pairNames)[number];

export type Pair = Readonly<Record<PairName, Machine>>;

export interface OpenPair {
  /** Of its own; gone after `close`. */
  readonly folder: string;
  readonly machines: Pair;
  readonly close: () => Promise<void>;
}

const makeMachines = async (io: Io, folder: string, hub: Hub): Promise<Pair> => {
  await writeFile(join(folder, "cluster.yaml"), clusterText);
  const { config, library } = await loadCluster(io, { cluster: join(folder, "cluster.yaml"), libraries: [] });
  const cluster = resolveCluster(config, library);
  const tree = renderCluster(cluster, await testOnlySecrets(cluster.name));
  const machineOf = async (name: PairName): Promise<Machine> => {
    const node = cluster.nodes.find((each) => each.name === name);
    if (node === undefined) throw new Error(`no node ${name}`);
    const seed = join(folder, `${name}.iso`);
    await writeFile(seed, tree.get(`${name}/nocloud.iso`)?.bytes ?? "");
    return {
      disk: { path: await builtDisk(io, folder, library, node), format: "qcow2" },
      seed,
      firmware: "bios",
      memory: 3072,
      wire: { socket: hub.socket, station: pairNames.indexOf(name) },
    };
  };
  return { cp1: await machineOf("cp1"), w1: await machineOf("w1") };
};

/** Builds what is not in the cache, and joins the two by a hub. Nothing is powered on yet. */
export const openPair = async (io: Io): Promise<OpenPair> => {
  const folder = await mkdtemp(join(tmpdir(), "kimg-vm-"));
  const hub = await openHub(join(folder, "hub", "socket"));
  const close = async (): Promise<void> => {
    await hub.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { folder, machines: await makeMachines(io, folder, hub), close };
};

/** Boots it and follows it to the probe's end. Throws when that is not reached in this many seconds. */
export const followToEnd = async (
  io: Io,
  name: PairName,
  machine: Machine,
  seconds: number,
  neededBy?: Promise<unknown>,
): Promise<Followed> => {
  const followed = await boot(io, machine, milestones, { until: "probed", seconds, neededBy });
  io.progress.note(`${name}: ${JSON.stringify(followed.milestones)}`);
  if (!followed.reached) throw new Error(`${name} not there in time:\n${followed.console.slice(-80).join("\n")}`);
  return followed;
};
