// Machines that come later: in a dead one's place, or with a credential that was made after the cluster's first day.
import { checkAgentsDone, checkAllReady, checkFormed, checkVoters } from "../formed.ts";
import { kimg, renderingKimg } from "../kimg.ts";
import { etcdMembers, kubectl, masters, nodeNames, readyNodes, workers } from "../kubernetes.ts";
import type { Case, Scene } from "../scene.ts";
import { waitUntil } from "../wait.ts";

const untilDead = ({ lab }: Scene, name: string): Promise<unknown> =>
  waitUntil(`${name} to be NotReady`, { seconds: 300, every: 2 }, async () => !(await readyNodes(lab)).includes(name));

const replaceMaster = async (scene: Scene, name: string): Promise<void> => {
  const { lab } = scene;
  const [other = ""] = masters(lab);
  await scene.check(`kimg replace ${name}: refused as long as it lives`, async () => {
    const refused = await renderingKimg(lab, "replace", ["--yes", name]).then(
      () => "",
      (error: unknown) => String(error),
    );
    if (refused === "") throw new Error("it was done");
  });
  await lab.powerCut([name]);
  await untilDead(scene, name);
  await scene.check(`kimg replace ${name}: its member and its Node are gone`, async () => {
    const { stdout } = await renderingKimg(lab, "replace", ["--yes", name]);
    const { members } = await etcdMembers(lab, other);
    if (members.some((member) => member.name === name)) throw new Error("its etcd member is still there");
    if ((await nodeNames(lab)).includes(name)) throw new Error("its Node is still there");
    return stdout.trim().replaceAll(/\s*\n\s*/g, "; ");
  });
  await lab.wipe([name], lab.lastSeeds());
  await lab.start([name]);
  await checkAgentsDone(scene, [name]);
  await checkVoters(scene);
};

/** All that the cluster knows: those of the first seeds among them. */
const forgetTokens = async ({ lab }: Scene): Promise<void> => {
  const all = ["delete", "secrets", "--namespace=kube-system", "--field-selector=type=bootstrap.kubernetes.io/token"];
  await kubectl(lab, all);
};

const joinAnew = async (scene: Scene, name: string, token: readonly string[]): Promise<void> => {
  const { lab } = scene;
  await lab.powerCut([name]);
  await kubectl(lab, ["delete", "node", name]);
  await scene.check(`kimg token ${token.join(" ")}`, async () => {
    await renderingKimg(lab, "token", ["--node", name, "--render", ...token]);
  });
  const since = lab.io.now();
  await lab.wipe([name], lab.lastSeeds());
  await lab.start([name]);
  await checkAgentsDone(scene, [name]);
  await checkAllReady(scene, since);
};

const checkStatus = ({ lab, check }: Scene): Promise<void> =>
  check("kimg status finds nothing wrong", async () => {
    await kimg(lab, "status", []);
  });

export const nodeReplaced: Case = {
  name: "node-replaced",
  does: "Replaces a dead master (kimg replace), and gives workers fresh disks and later credentials: a minted token, an offline kubeconfig",
  endsIn: "each joins; one etcd member per master",
  inTest: false,
  from: "formed",
  // Of the tokens of its seeds none is left.
  leaves: "spoilt",
  run: async (scene) => {
    const { lab } = scene;
    const [first = "", second = ""] = workers(lab);
    await replaceMaster(scene, masters(lab).at(-1) ?? "");
    await forgetTokens(scene);
    await joinAnew(scene, first, ["--ttl", "2h"]);
    await forgetTokens(scene);
    await joinAnew(scene, second, ["--offline"]);
    await checkFormed(scene);
    await checkStatus(scene);
  },
};
