// A machine is lost, and clients of the API hardly see it.
import { checkAllReady, checkFormed } from "../formed.ts";
import { loadBalancers, masters } from "../kubernetes.ts";
import { checkOutage } from "../outage-check.ts";
import type { Case, Scene } from "../scene.ts";
import { waitUntil } from "../wait.ts";

export const masterKilled: Case = {
  name: "master-killed",
  does: "Cuts the power of one master after the other, and gives it back",
  endsIn: "API through the endpoint answers within 5 s; writes go on",
  inTest: false,
  from: "formed",
  leaves: "formed",
  run: async (scene) => {
    const { lab } = scene;
    for (const name of masters(lab)) {
      await checkOutage(scene, 5, () => lab.powerCut([name]));
      const since = lab.io.now();
      await lab.start([name]);
      await checkAllReady(scene, since);
      await checkFormed(scene);
      scene.note(`  ${name} was back after ${Math.round((lab.io.now().getTime() - since.getTime()) / 1000)} s`);
    }
  },
};

const activeLoadBalancer = async ({ lab }: Scene): Promise<string> => {
  const host = lab.plan.endpoint.split(":")[0] ?? "";
  for (const name of loadBalancers(lab)) {
    const machine = lab.machine(name);
    if (!(await machine.isRunning())) continue;
    const shown = await machine.exec(["ip", "-oneline", "address", "show", "to", host]);
    if (shown.stdout !== "") return name;
  }
  throw new Error("no load balancer has the endpoint's address");
};

export const loadBalancerKilled: Case = {
  name: "load-balancer-killed",
  does: "Cuts the power of the load balancer that has the endpoint's address, and gives it back",
  endsIn: "the address moves within 3 s; API answers",
  inTest: false,
  from: "formed",
  leaves: "formed",
  run: async (scene) => {
    const { lab } = scene;
    const first = await activeLoadBalancer(scene);
    let moved = Number.POSITIVE_INFINITY;
    await checkOutage(scene, 5, async () => {
      const cut = performance.now();
      await lab.powerCut([first]);
      await waitUntil("the address to move", { seconds: 20, every: 0.05 }, () => activeLoadBalancer(scene));
      moved = (performance.now() - cut) / 1000;
    });
    await scene.check("the address is on the other one within 3 s", async () => {
      if (moved > 3) throw new Error(`after ${moved.toFixed(1)} s`);
      return `after ${moved.toFixed(1)} s`;
    });
    await lab.start([first]);
    await checkFormed(scene);
  },
};
