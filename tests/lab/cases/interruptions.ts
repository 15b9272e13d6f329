// Agents that are killed and machines that lose power while they become members. Wherever that happens, they go on or begin anew.
import { setTimeout as sleep } from "node:timers/promises";
import { checkFormed } from "../formed.ts";
import { everyone, loadBalancers, masters, workers } from "../kubernetes.ts";
import { randomNumbers, seedOf } from "../random.ts";
import type { Case, Scene } from "../scene.ts";
import { type AgentReport, reportOnDisk } from "../status.ts";
import { waitUntil } from "../wait.ts";

/** Phases of the agent (images/agent/kimg_agent/assembly) in which kubeadm or its own work on the cluster goes on. */
const atWork = ["init", "join", "finish joining", "add-ons", "seal"];

interface Victim {
  readonly name: string;
  /** How often. */
  readonly times: number;
  /** Longest time from the beginning of the work to the interruption, in seconds: less than what the work takes on an idle machine. */
  readonly within: number;
}

/** Says what it does. */
type Interrupt = (scene: Scene, name: string, random: () => number) => Promise<string>;

/** What the agent has said since that moment; what is on the disk may be of its earlier life. */
const reportSince = async ({ lab }: Scene, name: string, moment: number): Promise<AgentReport | undefined> => {
  const report = await reportOnDisk(lab.io, lab.machine(name));
  return report !== undefined && new Date(report.updated).getTime() >= moment ? report : undefined;
};

/** What it says when it has begun its work; undefined when that is over already. */
const untilAtWork = async (scene: Scene, name: string, since: number): Promise<AgentReport | undefined> => {
  const patience = { seconds: 600, every: 0.1, signal: scene.lab.io.signal };
  const report = await waitUntil<AgentReport>(`${name} to begin`, patience, async () => {
    const said = await reportSince(scene, name, since);
    if (said !== undefined && (said.outcome === "done" || atWork.includes(said.phase))) return said;
    return { missing: `it says: ${said?.phase} ${said?.reason}` };
  });
  return report.outcome === "done" ? undefined : report;
};

const isDone = async ({ lab }: Scene, name: string): Promise<boolean> =>
  (await reportOnDisk(lab.io, lab.machine(name)))?.outcome === "done";

/** Interrupts up to `times` times, each at a random moment of the work; fewer when the machine is a member before. */
const interruptWhileJoining = async (
  scene: Scene,
  { name, times, within }: Victim,
  random: () => number,
  interrupt: Interrupt,
): Promise<string> => {
  const { io, machine } = scene.lab;
  const moments: string[] = [];
  let since = 0;
  while (moments.length < times && (await untilAtWork(scene, name, since)) !== undefined) {
    await sleep(random() * within * 1000, undefined, { signal: io.signal });
    const report = await reportOnDisk(io, machine(name));
    if (report === undefined || report.outcome === "done") break;
    // The report's times are whole seconds.
    since = Math.ceil(io.now().getTime() / 1000) * 1000;
    moments.push(`${await interrupt(scene, name, random)} in ${report.phase} (${report.reason})`);
  }
  return `${moments.length} times: ${moments.join("; ")}`;
};

/** Also of the agent alone: then systemd ends what it has started. */
const killAgent: Interrupt = async ({ lab }, name, random) => {
  const whom = random() < 0.5 ? "main" : "all";
  const kill = ["systemctl", "kill", "--signal=KILL", `--kill-whom=${whom}`, "kimg-agent.service"];
  await lab.machine(name).exec(kill);
  return whom === "main" ? "kill -9 of the agent" : "kill -9 of the agent and what it has started";
};

const cutPower: Interrupt = async ({ lab }, name) => {
  await lab.powerCut([name]);
  await lab.start([name]);
  return "power cut";
};

const eitherOfThem: Interrupt = (scene, name, random) =>
  random() < 0.5 ? killAgent(scene, name, random) : cutPower(scene, name, random);

const interruptOne = (scene: Scene, victim: Victim, seed: number, interrupt: Interrupt): Promise<void> =>
  scene.check(`${victim.name} is interrupted and becomes a member`, async () => {
    await scene.lab.start([victim.name]);
    const said = await interruptWhileJoining(scene, victim, randomNumbers(seed), interrupt);
    const patience = { seconds: 900, signal: scene.lab.io.signal };
    await waitUntil(`${victim.name} to be done`, patience, () => isDone(scene, victim.name));
    return said;
  });

/** The init node first, so that the others have something to join. */
const interruptEach = async (scene: Scene, interrupt: Interrupt): Promise<void> => {
  const { lab } = scene;
  const [init = "", join = ""] = masters(lab);
  const [worker = ""] = workers(lab);
  const seed = seedOf(lab.io.environment, lab.io.now());
  scene.note(`  moments of KIMG_LAB_SEED=${seed}`);
  await lab.start(loadBalancers(lab));
  await interruptOne(scene, { name: init, times: 8, within: 15 }, seed, interrupt);
  const both = await Promise.allSettled([
    interruptOne(scene, { name: join, times: 7, within: 15 }, seed + 1, interrupt),
    interruptOne(scene, { name: worker, times: 5, within: 5 }, seed + 2, interrupt),
  ]);
  for (const result of both) if (result.status === "rejected") throw result.reason;
  await lab.start(everyone(lab));
  await checkFormed(scene);
};

const moments = "at random moments of init, of a master's join, of a worker's join: 20 in all, while they last";

const ofInterruptions = {
  endsIn: "converges, one etcd member per master",
  from: "fresh",
  leaves: "formed",
} as const satisfies Partial<Case>;

export const interrupted: Case = {
  ...ofInterruptions,
  name: "interrupted",
  does: `Kills the agent (SIGKILL) or cuts the power ${moments}`,
  inTest: true,
  run: (scene) => interruptEach(scene, eitherOfThem),
};

export const agentKilled: Case = {
  ...ofInterruptions,
  name: "agent-killed",
  does: `Kills the agent (SIGKILL) ${moments}`,
  inTest: false,
  run: (scene) => interruptEach(scene, killAgent),
};

export const powerCuts: Case = {
  ...ofInterruptions,
  name: "power-cuts",
  does: `Cuts the power ${moments}`,
  inTest: false,
  run: (scene) => interruptEach(scene, cutPower),
};
