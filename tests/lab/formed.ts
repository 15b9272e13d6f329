// What every cluster must have become, however it came there: the assertions that most cases end in.
import type { Bootstrap } from "../../src/model.ts";
import type { SecretSearch } from "../../src/render/secret-search.ts";
import { type FoundSecret, forbidden, missing, searchFor, secretsOnDisk } from "./secrets-on-disk.ts";
import {
  clusterIdentity,
  etcdMembers,
  everyone,
  loadBalancers,
  masters,
  nodeNames,
  readyNodes,
  unreadyPods,
  workers,
} from "./kubernetes.ts";
import type { PlannedMachine } from "./lab.ts";
import type { Scene } from "./scene.ts";
import { agentReport } from "./status.ts";
import { waitUntil } from "./wait.ts";

const list = (values: readonly string[]): string => values.join(", ") || "none";

const same = (what: string, found: readonly string[], wanted: readonly string[]): void => {
  if (found.toSorted().join(" ") === wanted.toSorted().join(" ")) return;
  throw new Error(`${what}: ${list(found)}; expected ${list(wanted)}`);
};

/** Seconds that a cold start of everything may take on two slow cores. */
const patience = 600;

/** Every agent that has an unmendable failure ends the wait at once: nothing will come of it. */
const agentsDone = async ({ lab }: Scene, names: readonly string[]): Promise<true | { missing: string }> => {
  const missingOnes: string[] = [];
  for (const name of names) {
    const report = await agentReport(lab.machine(name));
    if (report?.outcome !== "done")
      missingOnes.push(`${name}: ${report?.phase ?? "no report"}, ${report?.reason ?? ""}`);
  }
  return missingOnes.length === 0 || { missing: missingOnes.join("; ") };
};

export const checkAgentsDone = (scene: Scene, names?: readonly string[]): Promise<void> =>
  scene.check("every agent says that its work is done", async () => {
    await waitUntil("the agents", { seconds: patience, every: 2 }, () =>
      agentsDone(scene, names ?? everyone(scene.lab)),
    );
  });

/** `since`: what was there before does not count. */
export const checkAllReady = (scene: Scene, since?: Date): Promise<void> =>
  scene.check("all nodes are Ready", async () => {
    const wanted = [...masters(scene.lab), ...workers(scene.lab)];
    await waitUntil("nodes to be Ready", { seconds: patience, every: 2 }, async () => {
      const ready = await readyNodes(scene.lab, since);
      return wanted.every((name) => ready.includes(name)) || { missing: `only ${list(ready)}` };
    });
    same("nodes", await nodeNames(scene.lab), wanted);
  });

export const checkPodsReady = (scene: Scene, since?: Date): Promise<void> =>
  scene.check("CoreDNS and every other pod are Ready", async () => {
    await waitUntil("pods to be Ready", { seconds: patience, every: 2 }, async () => {
      const unready = await unreadyPods(scene.lab, since);
      return unready.length === 0 || { missing: list(unready) };
    });
  });

export const checkVoters = (scene: Scene): Promise<void> =>
  scene.check("etcd has one voter for each master, and no other member", async () => {
    const names = masters(scene.lab);
    await waitUntil("etcd's members", { seconds: 120, every: 2 }, async () => {
      const { members } = await etcdMembers(scene.lab, names[0] ?? "");
      same(
        "voters",
        members.filter(({ isLearner }) => !isLearner).map(({ name }) => name),
        names,
      );
      same(
        "members",
        members.map(({ name }) => name),
        names,
      );
      return true;
    });
  });

export const checkOneCluster = (scene: Scene): Promise<void> =>
  scene.check("every master belongs to the same cluster", async () => {
    const { lab } = scene;
    const identity = async (name: string): Promise<string> =>
      `${await clusterIdentity(lab, name)} ${(await etcdMembers(lab, name)).cluster}`;
    // A machine that has just come back answers a little later than its Node is Ready.
    const found = await waitUntil("every master's own answer", { seconds: 120 }, () =>
      Promise.all(masters(lab).map(identity)),
    );
    if (new Set(found).size !== 1) throw new Error(`${new Set(found).size} clusters: ${list(found)}`);
  });

export const checkLoadBalancers = (scene: Scene): Promise<void> =>
  scene.check("exactly one load balancer has the endpoint's address", async () => {
    const { lab } = scene;
    const host = lab.plan.endpoint.split(":")[0] ?? "";
    await waitUntil("the endpoint's address", { seconds: 30 }, async () => {
      const holders: string[] = [];
      for (const name of loadBalancers(lab)) {
        const { stdout } = await lab.machine(name).exec(["ip", "-oneline", "address", "show", "to", host]);
        if (stdout !== "") holders.push(name);
      }
      return holders.length === 1 || { missing: `it is on ${list(holders)}` };
    });
  });

const say = ({ secret, path }: FoundSecret): string => `${secret} in ${path}`;

/** Not on the disk, for it is in memory: what cloud-init and the agent leave in /run. */
const inMemory = "tar --create --one-file-system --directory / run 2>/dev/null | base64 --wrap=0";

const checkSecretsOf = (scene: Scene, { name, bootstrap }: PlannedMachine, search: SecretSearch): Promise<void> =>
  scene.check(`${name} has the secrets of a member and no other`, async () => {
    const machine = scene.lab.machine(name);
    const found = [...(await secretsOnDisk(machine.disk, search))];
    const { stdout } = await machine.exec(["sh", "-c", inMemory]);
    const inRun = search.find(Buffer.from(stdout, "base64"));
    found.push(...inRun.map((secret) => ({ secret, path: "/run" })));
    const tooMany = forbidden(bootstrap, found);
    if (tooMany.length > 0) throw new Error(list(tooMany.map(say)));
    const tooFew = missing(bootstrap, found);
    if (tooFew.length > 0) throw new Error(`not found, so the search is wrong: ${list(tooFew.map(say))}`);
    return `${found.length} found, all where they belong`;
  });

/** A load balancer is never sealed: it keeps its seed. */
const stageOf = (bootstrap: Bootstrap): readonly string[] => [
  ...["/etc/kimg/pki", "/etc/kimg/kubeadm"],
  ...(bootstrap === "load-balancer" ? [] : ["/var/lib/cloud/seed/nocloud/user-data"]),
];

const checkStageOf = (scene: Scene, { name, bootstrap }: PlannedMachine): Promise<void> =>
  scene.check(`${name} has no staged file${bootstrap === "load-balancer" ? "" : " and no seed"}`, async () => {
    const paths = stageOf(bootstrap);
    const { stdout } = await scene.lab.machine(name).exec(["sh", "-c", `ls -d ${paths.join(" ")} 2>/dev/null`]);
    if (stdout !== "") throw new Error(`still there: ${stdout.trim().replaceAll("\n", ", ")}`);
  });

/** All machines are looked at, also when the first has too much already. Running ones only. */
export const checkSecrets = async (scene: Scene): Promise<void> => {
  const { lab } = scene;
  const search = searchFor(await lab.secrets());
  const failures: unknown[] = [];
  for (const machine of lab.plan.machines) {
    await checkSecretsOf(scene, machine, search).catch((error: unknown) => failures.push(error));
    await checkStageOf(scene, machine).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
};

/** The whole of it. */
export const checkFormed = async (scene: Scene, since?: Date): Promise<void> => {
  await checkAgentsDone(scene);
  await checkAllReady(scene, since);
  await checkPodsReady(scene, since);
  await checkVoters(scene);
  await checkOneCluster(scene);
  await checkLoadBalancers(scene);
};
