// Machines that lose power, or are started again, once they are members.
import { checkAllReady, checkFormed, checkVoters } from "../formed.ts";
import { everyone, kubectl, kubectlJson, loadBalancers, masters, workers } from "../kubernetes.ts";
import type { Case, Scene } from "../scene.ts";

interface Objects {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly uid: string } }[];
}

/** Something to lose: a value that the cluster is to keep, and the identities of its nodes. */
const remember = async (scene: Scene, value: string): Promise<string> => {
  const apply = ["create", "configmap", "remember", `--from-literal=value=${value}`, "--dry-run=client", "-o=yaml"];
  const { stdout } = await kubectl(scene.lab, apply);
  await kubectl(scene.lab, ["apply", "--filename=-"], { input: stdout });
  return identities(scene);
};

const identities = async ({ lab }: Scene): Promise<string> => {
  const { items } = await kubectlJson<Objects>(lab, ["get", "nodes"]);
  return items.map(({ metadata }) => `${metadata.name} ${metadata.uid}`).join("\n");
};

const checkKept = (scene: Scene, value: string, nodes: string): Promise<void> =>
  scene.check("nothing is lost, and nothing was made anew", async () => {
    const { stdout } = await kubectl(scene.lab, ["get", "configmap", "remember", "--output=jsonpath={.data.value}"]);
    if (stdout !== value) throw new Error(`the value is "${stdout}" and not "${value}"`);
    if ((await identities(scene)) !== nodes) throw new Error("a Node object is another one than before");
  });

/** The sentinel keeps the unit from starting. */
const checkAgentAtRest = (scene: Scene, names: readonly string[]): Promise<void> =>
  scene.check("no agent has run again", async () => {
    for (const name of names.filter((each) => !each.startsWith("lb"))) {
      const show = ["systemctl", "show", "--value", "--property=ConditionResult", "kimg-agent.service"];
      const { stdout } = await scene.lab.machine(name).exec(show);
      if (stdout.trim() !== "no") throw new Error(`it has on ${name}`);
    }
  });

/** One machine of each kind at a time: etcd and the endpoint get over that. */
const turns = ({ lab }: Scene): readonly (readonly string[])[] => {
  const kinds = [loadBalancers(lab), masters(lab), workers(lab)];
  return masters(lab).map((_, turn) => kinds.flatMap((kind) => kind.slice(turn, turn + 1)));
};

export const rebootEach: Case = {
  name: "reboot-each",
  does: "Reboots every machine, one of each kind at a time",
  endsIn: "nothing lost, nothing run again; each recovers by itself",
  inTest: true,
  from: "formed",
  leaves: "formed",
  run: async (scene) => {
    const { lab } = scene;
    const nodes = await remember(scene, "before the reboots");
    for (const names of turns(scene)) {
      const since = lab.io.now();
      await scene.check(`${names.join(", ")} go down in order and come up again`, async () => {
        await lab.stop(names);
        await lab.start(names);
      });
      await checkAllReady(scene, since);
      await checkAgentAtRest(scene, names);
    }
    await checkFormed(scene);
    await checkKept(scene, "before the reboots", nodes);
  },
};

export const powerOffAll: Case = {
  name: "power-off-all",
  does: "Cuts the power of all machines at the same moment, and gives it back",
  endsIn: "nothing lost, nothing run again; recovers by itself",
  inTest: true,
  from: "formed",
  leaves: "formed",
  run: async (scene) => {
    const { lab } = scene;
    const nodes = await remember(scene, "before the power cut");
    await lab.powerCut(everyone(lab));
    const since = lab.io.now();
    await lab.start(everyone(lab));
    await checkFormed(scene, since);
    await checkVoters(scene);
    await checkAgentAtRest(scene, everyone(lab));
    await checkKept(scene, "before the power cut", nodes);
  },
};
