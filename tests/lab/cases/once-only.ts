// Never two clusters: what a machine with a seed for making one does when there is one already, or when it must not.
import { setTimeout as sleep } from "node:timers/promises";
import { checkAgentsDone, checkAllReady, checkFormed, checkVoters } from "../formed.ts";
import { everyone, loadBalancers, masters } from "../kubernetes.ts";
import { startNeighbour } from "../neighbour.ts";
import type { Lab } from "../lab.ts";
import type { Case, Scene } from "../scene.ts";
import { checkSays, checkUntouched } from "../refusing.ts";
import { agentJournal, agentReport } from "../status.ts";

const initNode = ({ lab }: Scene): string => masters(lab)[0] ?? "";

const checkHasJoined = ({ lab, check }: Scene, name: string): Promise<void> =>
  check(`${name} has joined, and has not made a cluster`, async () => {
    const words = await agentJournal(lab.machine(name));
    if (!/kubeadm join: done/.test(words)) throw new Error("its agent does not say that it has joined");
    if (/kubeadm init: done/.test(words)) throw new Error("it ran kubeadm init");
  });

export const initNodeReimaged: Case = {
  name: "init-node-reimaged",
  does: "Gives the init node a fresh disk and its original seed while the cluster is alive",
  endsIn: "joins under the same address; its dead member is removed first",
  inTest: true,
  from: "formed",
  leaves: "formed",
  run: async (scene) => {
    const { lab } = scene;
    const name = initNode(scene);
    await lab.powerCut([name]);
    const since = lab.io.now();
    await lab.wipe([name]);
    await lab.start([name]);
    await checkAgentsDone(scene, [name]);
    await checkHasJoined(scene, name);
    await checkAllReady(scene, since);
    await checkFormed(scene);
  },
};

export const initNodeMoved: Case = {
  name: "init-node-moved",
  does: "Gives the init node a fresh disk and a seed with another address while the cluster is alive",
  endsIn: "joins under the new address; its dead member is removed only as the rule allows",
  inTest: true,
  from: "formed",
  leaves: "spoilt",
  run: async (scene) => {
    const { lab } = scene;
    const name = initNode(scene);
    await lab.powerCut([name]);
    await lab.wipe([name], await lab.seeds({ name: "moved", addresses: { [name]: "10.77.0.14" } }));
    await lab.start([name]);
    await checkAgentsDone(scene, [name]);
    await checkVoters(scene);
  },
};

/** The endpoint's address, as one of the bridge. */
const placeholder = ({ plan }: Lab): string => `${plan.endpoint.split(":")[0]}/24`;

/** Longer than the silence after which it would make a cluster (images/agent/kimg_agent/decision/choice.py). */
const longWait = 150;

export const onlyPeersAnswer: Case = {
  name: "only-peers-answer",
  does: "Gives the init node a fresh disk and its original seed while no load balancer is up, and later brings them back",
  endsIn: "waits; never a second cluster; joins when the endpoint is back",
  inTest: false,
  from: "formed",
  leaves: "formed",
  run: async (scene) => {
    const { lab } = scene;
    const name = initNode(scene);
    await lab.powerCut([...loadBalancers(lab), name]);
    // Somebody who has the endpoint's address and serves nothing: where nobody has it, the agent waits ten minutes for an answer first.
    await lab.network.addAddress(placeholder(lab));
    await lab.wipe([name]);
    await lab.start([name]);
    const waits = { reason: /the cluster exists .* but its endpoint does not answer/, outcome: "waiting" } as const;
    await checkSays(scene, name, { ...waits, phase: "init or join", seconds: 300 });
    await scene.check(`${name} still waits after ${longWait} s, and has made nothing`, async () => {
      await sleep(longWait * 1000, undefined, { signal: lab.io.signal });
      const report = await agentReport(lab.machine(name));
      if (report?.outcome !== "waiting") throw new Error(`it says: ${report?.phase} ${report?.reason}`);
    });
    await checkUntouched(scene, name);
    await lab.network.removeAddress(placeholder(lab));
    const since = lab.io.now();
    await lab.start(loadBalancers(lab));
    await checkAgentsDone(scene);
    await checkHasJoined(scene, name);
    await checkAllReady(scene, since);
    await checkFormed(scene);
  },
};

export const sealedSeed: Case = {
  name: "sealed-seed",
  does: "Starts the init node with a sealed seed (clusterState: existing) where there is no cluster",
  endsIn: "refuses, says why",
  inTest: true,
  from: "fresh",
  leaves: "spoilt",
  run: async (scene) => {
    const { lab } = scene;
    const name = initNode(scene);
    const names = [...loadBalancers(lab), name];
    await lab.wipe(names, await lab.seeds({ name: "sealed", changes: { clusterState: "existing" } }));
    await lab.start(names);
    await checkSays(scene, name, {
      reason: /sealed: this seed may not make a cluster/,
      phase: "init or join",
      seconds: 900,
    });
    await checkUntouched(scene, name);
  },
};

const ofAnotherCluster = "another";

export const otherAuthority: Case = {
  name: "other-authority",
  does: "Lets somebody with another cluster's CA answer at the endpoint, and starts a machine of each kind",
  endsIn: "refuses, says why",
  inTest: true,
  from: "fresh",
  leaves: "spoilt",
  run: async (scene) => {
    const { lab } = scene;
    const [host = "", port = ""] = lab.plan.endpoint.split(":");
    const { certificate, key } = await lab.authority(ofAnotherCluster);
    await lab.network.up(lab.plan.gateway);
    await lab.network.addAddress(placeholder(lab));
    const server = ["openssl", "s_server", "-quiet", "-www", "-accept", `${host}:${port}`];
    const neighbour = await startNeighbour(lab, [...server, "-cert", certificate, "-key", key]);
    const names = everyone(lab).filter((name) => ["m1", "m2", "w1"].includes(name));
    try {
      await lab.start(names);
      for (const name of names) {
        await checkSays(scene, name, { reason: /certificate of another CA/, seconds: 300 });
        await checkUntouched(scene, name);
      }
    } finally {
      await neighbour.stop();
    }
  },
};
