// Whether clients of the API notice what is done to its machines: asked at the endpoint, from beside the machines.
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { kubectl } from "./kubernetes.ts";
import { startNeighbour } from "./neighbour.ts";
import { type Answered, longestGap, parseAnswers } from "./outage.ts";
import type { Scene } from "./scene.ts";
import { waitUntil } from "./wait.ts";

const pollProgram = fileURLToPath(new URL("poll.ts", import.meta.url));

/** Answers to reads and writes at the endpoint before, while and after `change` happens. */
const pollThrough = async ({ lab }: Scene, change: () => Promise<void>): Promise<readonly Answered[]> => {
  const kubeconfig = lab.place.path("seeds", "administrator.conf");
  const { stdout } = await kubectl(lab, ["config", "view", "--raw"]);
  await lab.io.files.write(kubeconfig, stdout, 0o600);
  const argv = [process.execPath, ...process.execArgv, pollProgram, lab.plan.endpoint, kubeconfig];
  const poll = await startNeighbour(lab, argv);
  try {
    await waitUntil("the poll's first answers", { seconds: 30, every: 0.1 }, async () => {
      const answers = parseAnswers(poll.output());
      return answers.filter(({ ok }) => ok).length >= 10 || { missing: poll.output().slice(-500) };
    });
    await change();
    await sleep(30_000, undefined, { signal: lab.io.signal });
    return parseAnswers(poll.output());
  } finally {
    await poll.stop();
  }
};

/** `change` is done while somebody asks all the time, and half a minute more. */
export const checkOutage = (scene: Scene, seconds: number, change: () => Promise<void>): Promise<void> =>
  scene.check(`the API answers again within ${seconds} s, to reads and to writes`, async () => {
    const answers = await pollThrough(scene, change);
    const [read, write] = [longestGap(answers, "read"), longestGap(answers, "write")];
    const said = `longest time without an answer: reads ${read.toFixed(1)} s, writes ${write.toFixed(1)} s`;
    if (Math.max(read, write) > seconds) throw new Error(said);
    return said;
  });
