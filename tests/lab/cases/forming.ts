// A cluster comes to be, whatever the order in which its machines get power.
import { setTimeout as sleep } from "node:timers/promises";
import { startDhcp } from "../dhcp.ts";
import { checkAgentsDone, checkAllReady, checkFormed } from "../formed.ts";
import { everyone, loadBalancers, masters, workers } from "../kubernetes.ts";
import type { Case, Scene } from "../scene.ts";
import { agentJournal, agentReport } from "../status.ts";
import { waitUntil } from "../wait.ts";

const endsIn = "all Ready, CoreDNS Ready, 3 etcd voters, one cluster";

export const form: Case = {
  name: "form",
  does: "Starts two load balancers, three masters and two workers at the same moment",
  endsIn: `${endsIn}; times per phase recorded`,
  inTest: true,
  from: "fresh",
  leaves: "formed",
  run: async (scene) => {
    await scene.lab.start(everyone(scene.lab));
    await checkFormed(scene);
  },
};

/** They look again and again, and have begun nothing. */
const checkWaiting = (scene: Scene, names: readonly string[]): Promise<void> =>
  scene.check(`${names.join(", ")} wait`, async () => {
    await waitUntil("agents to wait", { seconds: 180 }, async () => {
      const reports = await Promise.all(names.map((name) => agentReport(scene.lab.machine(name))));
      const others = names.filter((_, index) => reports[index]?.outcome !== "waiting");
      return others.length === 0 || { missing: others.join(", ") };
    });
  });

export const loadBalancersLast: Case = {
  name: "load-balancers-last",
  does: "Starts masters and workers, and the load balancers three minutes later",
  endsIn,
  inTest: true,
  from: "fresh",
  leaves: "formed",
  run: async (scene) => {
    const { lab } = scene;
    const others = [...masters(lab), ...workers(lab)];
    await lab.start(others);
    const since = performance.now();
    await checkWaiting(scene, others);
    await sleep(180_000 - (performance.now() - since), undefined, { signal: lab.io.signal });
    await checkWaiting(scene, others);
    await lab.start(loadBalancers(lab));
    await checkFormed(scene);
  },
};

export const workersFirst: Case = {
  name: "workers-first",
  does: "Starts the workers; once they wait, the load balancers and the first master; then masters 2 and 3 in the same second",
  endsIn,
  inTest: true,
  from: "fresh",
  leaves: "formed",
  run: async (scene) => {
    const { lab } = scene;
    const [first = "", ...further] = masters(lab);
    await lab.start(workers(lab));
    await checkWaiting(scene, workers(lab));
    await lab.start([...loadBalancers(lab), first]);
    await checkAgentsDone(scene, [first, ...workers(lab)]);
    await lab.start(further);
    await checkFormed(scene);
  },
};

export const addressesByDhcp: Case = {
  name: "addresses-by-dhcp",
  does: "Starts masters whose addresses come from DHCP, so that no seed names them, with the load balancers and the workers; then gives one a fresh disk",
  endsIn: `${endsIn}: not before two minutes of silence; joining masters find etcd through the API`,
  inTest: false,
  from: "fresh",
  leaves: "spoilt",
  run: async (scene) => {
    const { lab } = scene;
    const [first = "", second = ""] = masters(lab);
    const unknown = Object.fromEntries(masters(lab).map((name) => [name, null]));
    // The load balancers have seeds of their own: to the masters they are somebody else's.
    const seeds = await lab.seeds({ name: "by-dhcp", addresses: unknown, without: loadBalancers(lab) });
    await lab.wipe(masters(lab), seeds);
    await lab.network.up(lab.plan.gateway);
    const dhcp = await startDhcp(lab);
    try {
      await lab.start(everyone(lab));
      await checkFormed(scene);
      await scene.check(`${first} has made the cluster after two minutes of silence`, async () => {
        const words = await agentJournal(lab.machine(first));
        const seconds = /init: nothing of this cluster answered for (\d+) s/.exec(words)?.[1];
        if (seconds === undefined || Number(seconds) < 120) throw new Error(`after ${seconds ?? "none that it tells"}`);
        return `${seconds} s`;
      });
      await lab.powerCut([second]);
      const since = lab.io.now();
      await lab.wipe([second], seeds);
      await lab.start([second]);
      await checkAllReady(scene, since);
      await checkFormed(scene);
    } finally {
      await dhcp.stop();
    }
  },
};
