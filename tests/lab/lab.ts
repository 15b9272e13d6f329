// The lab: every machine of tests/lab/cluster.yaml, on one network. Owns how it comes up and goes down as a whole; cases and commands
// use what this gives them and touch no process or file themselves.
import { fileURLToPath } from "node:url";
import { UsageError } from "../../src/diagnostic.ts";
import type { Io } from "../../src/edge/io.ts";
import type { Bootstrap, Cluster, Secrets } from "../../src/model.ts";
import { readSecrets } from "../../src/secrets/file.ts";
import { destroyGroup, groupsLeft, makeGroup, members } from "./cgroups.ts";
import { diskOf } from "./disk.ts";
import { raiseLimit, restoreLimit } from "./host.ts";
import { type Roots, buildRoots } from "./images.ts";
import { type Machine, makeMachine } from "./machine.ts";
import { type LabNetwork, labNetwork } from "./network.ts";
import { type Place, mountsBelow, removeFrom } from "./place.ts";
import {
  type SeedOptions,
  type Seeds,
  ensureTrust,
  forgetSeeds,
  ownSeeds,
  readCluster,
  renderSeeds,
  seedsIn,
  trustFile,
} from "./seeds.ts";

/** What a lab that is there already must know of itself, whatever has become of cluster.yaml meanwhile. */
export interface Plan {
  readonly cluster: string;
  /** HOST:PORT. */
  readonly endpoint: string;
  /** The bridge's address, with the prefix length of its network. */
  readonly gateway: string;
  readonly machines: readonly PlannedMachine[];
  /** The boot agent of the source tree lies over the images' one. */
  readonly agentFromSource: boolean;
}

/** Shortcuts for whoever works on the boot agent: what they make is not what a user gets, and reports say so. */
export interface SetUpOptions {
  /** The images of the last run, whatever has changed since. */
  readonly lastImages?: boolean;
  readonly agentFromSource?: boolean;
}

export interface PlannedMachine {
  readonly name: string;
  readonly bootstrap: Bootstrap;
  readonly address: string;
  /** Folder of the role's unpacked root file system. */
  readonly root: string;
}

export interface Lab {
  readonly io: Io;
  readonly place: Place;
  readonly plan: Plan;
  readonly network: LabNetwork;
  /** In the order of cluster.yaml. */
  readonly machines: readonly Machine[];
  readonly machine: (name: string) => Machine;
  /** All at the same moment. */
  readonly start: (names: readonly string[]) => Promise<void>;
  readonly powerCut: (names: readonly string[]) => Promise<void>;
  readonly stop: (names: readonly string[]) => Promise<void>;
  /** Fresh disks with seeds of cluster.yaml, or with others. */
  readonly wipe: (names: readonly string[], seeds?: Seeds) => Promise<void>;
  readonly seeds: (options: SeedOptions) => Promise<Seeds>;
  /** Those of cluster.yaml as they are, whoever rendered them last. */
  readonly lastSeeds: () => Seeds;
  /** Files with the CA of another cluster, made for the occasion. */
  readonly authority: (cluster: string) => Promise<{ readonly certificate: string; readonly key: string }>;
  /** The cluster's trust, to look for it. */
  readonly secrets: () => Promise<Secrets>;
}

const planFile = (place: Place): string => place.path("plan.json");

/** Outlives a lab, as the roots do. */
const rootsFile = (place: Place): string => place.path("roots.json");

const planOf = ({ name, endpoint, network, nodes }: Cluster, roots: Roots, agentFromSource: boolean): Plan => ({
  agentFromSource,
  cluster: name,
  endpoint: `${endpoint.host}:${endpoint.port}`,
  gateway: `${network.gateways[0]}/${network.nodes[0]?.split("/")[1] ?? "24"}`,
  machines: nodes.map((node) => ({
    name: node.name,
    bootstrap: node.role.bootstrap,
    address: node.addresses[0]?.split("/")[0] ?? "",
    root: roots[node.role.name] ?? "",
  })),
});

/** Folder of the source tree, and where the image has it (images/debian-13/image.yaml). */
const agentFolders = [
  [fileURLToPath(new URL("../../images/agent/kimg_agent", import.meta.url)), "/usr/lib/kimg/kimg_agent"],
] as const;

const labOf = (io: Io, place: Place, plan: Plan): Lab => {
  const network = labNetwork(io, place);
  const machines = plan.machines.map(({ name, bootstrap, root }) => {
    const fromSource = plan.agentFromSource ? agentFolders : [];
    const disk = diskOf(place, name, root, { runsContainers: bootstrap !== "load-balancer", fromSource });
    return makeMachine(io, place, network, name, disk);
  });
  const machine = (name: string): Machine => {
    const found = machines.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no machine ${name}: there are ${machines.map((m) => m.name).join(", ")}`);
    return found;
  };
  /** Ends when all have ended, whatever became of one: nothing may still be starting when a lab is taken down. */
  const each = async (names: readonly string[], use: (one: Machine) => Promise<void>): Promise<void> => {
    const results = await Promise.allSettled(names.map(machine).map(use));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  };
  const seeds: Lab["seeds"] = (options) => renderSeeds(io, place, options);
  return {
    ...{ io, place, plan, network, machines, machine, seeds },
    lastSeeds: () => seedsIn(place, ownSeeds.name, plan.cluster),
    start: async (names) => {
      await network.up(plan.gateway);
      await each(names, (one) => one.start());
    },
    powerCut: (names) => each(names, (one) => one.powerCut()),
    stop: (names) => each(names, (one) => one.stop()),
    wipe: async (names, given) => {
      const seedOf = given ?? (await seeds(ownSeeds));
      // One after the other: they share one disk.
      for (const name of names) await machine(name).wipe(seedOf(name));
    },
    authority: async (name) => {
      const trust = await ensureTrust(io, place, name);
      const { values } = (await readSecrets(io, trust, plan.cluster, {})).secrets;
      const files = { certificate: place.path("seeds", `${name}.crt`), key: place.path("seeds", `${name}.key`) };
      await io.files.write(files.certificate, values["ca.crt"]);
      await io.files.write(files.key, values["ca.key"], 0o600);
      return files;
    },
    secrets: async () => (await readSecrets(io, trustFile(place), plan.cluster, {})).secrets,
  };
};

/** Takes down what is there, for nothing may stand on the images that go, and builds what is missing. */
export const refreshRoots = async (io: Io, place: Place): Promise<void> => {
  await tearDown(io, place);
  const roots = await buildRoots(io, place, await readCluster(io));
  await io.files.write(rootsFile(place), JSON.stringify(roots, undefined, 2));
};

const lastRoots = async ({ files }: Io, place: Place): Promise<Roots> => {
  const path = rootsFile(place);
  if ((await files.status(path)) === undefined)
    throw new UsageError("there are no images yet", "without --last-images");
  return JSON.parse(await files.readText(path)) as Roots;
};

/** Lets another lab stand on this one's images; they stay this one's. */
export const shareRoots = async ({ files }: Io, from: Place, to: Place): Promise<void> =>
  files.write(rootsFile(to), await files.readText(rootsFile(from)));

/** Takes down what is there, builds what is missing, and makes every machine as it comes out of its box: off. */
export const setUp = async (io: Io, place: Place, options: SetUpOptions = {}): Promise<Lab> => {
  if (options.lastImages === true) await tearDown(io, place);
  else await refreshRoots(io, place);
  await forgetSeeds(io, place);
  const plan = planOf(await readCluster(io), await lastRoots(io, place), options.agentFromSource ?? false);
  await io.files.write(planFile(place), JSON.stringify(plan, undefined, 2));
  const lab = labOf(io, place, plan);
  await io.progress.stage("making the machines", () => lab.wipe(plan.machines.map(({ name }) => name)));
  await raiseLimit(io, place);
  await makeGroup(place.name);
  return lab;
};

/** The lab that is there already. Rejects with UsageError when there is none. */
export const openLab = async (io: Io, place: Place): Promise<Lab> => {
  if ((await io.files.status(planFile(place))) === undefined)
    throw new UsageError("there is no lab", "npm run lab -- up");
  return labOf(io, place, JSON.parse(await io.files.readText(planFile(place))) as Plan);
};

/** Everything of this lab that the host still has, in words; empty after `tearDown`. */
export const leftovers = async (io: Io, place: Place): Promise<readonly string[]> => {
  const mounts = mountsBelow(await io.files.readText("/proc/self/mountinfo"), place.folder);
  return [
    ...(await members(place.name)).map((pid) => `process ${pid}`),
    ...(await groupsLeft(place.name)).map((folder) => `control group ${folder}`),
    ...(await labNetwork(io, place).left()).map((name) => `network namespace ${name}`),
    ...mounts.map((point) => `mount ${point}`),
  ];
};

/** Ends everything, also of a lab whose harness was killed. The machines' disks go with it. */
export const tearDown = async (io: Io, place: Place): Promise<void> => {
  await destroyGroup(place.name);
  await labNetwork(io, place).down();
  await restoreLimit(io, place);
  await removeFrom(place, io.files, place.path("machines"));
  await removeFrom(place, io.files, planFile(place));
  const left = await leftovers(io, place);
  if (left.length > 0) throw new Error(`still there: ${left.join(", ")}`);
};
