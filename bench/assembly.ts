// How long seven machines take from power-on to a cluster of which all nodes are Ready: by themselves, and with kubeadm's own commands
// given by hand the moment they can be, on the same machines with the same images and seeds, in the same run. Needs what the lab needs
// (tests/lab/README.md), and no lab beside it.
// Run: npx tsx bench/assembly.ts [rounds]
import { startProgress } from "../src/edge/progress.ts";
import { systemIo } from "../src/edge/system-io.ts";
import { everyone, masters, readyNodes, workers } from "../tests/lab/kubernetes.ts";
import { type Lab, refreshRoots, setUp, tearDown } from "../tests/lab/lab.ts";
import { openPlace } from "../tests/lab/place.ts";
import { waitUntil } from "../tests/lab/wait.ts";

const rounds = Number(process.argv[2] ?? 1);
const goal = 1.2;
const patience = 900;

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop.abort(new Error(name)));
const progress = startProgress("lines");
const io = systemIo(progress, stop.signal);
const steady = systemIo(progress, new AbortController().signal);
const place = await openPlace(io);

const all = (lab: Lab): readonly string[] => [...masters(lab), ...workers(lab)];

const allReady = async (lab: Lab): Promise<void> => {
  await waitUntil("all nodes to be Ready", { seconds: patience, every: 1 }, async () => {
    const ready = await readyNodes(lab);
    return all(lab).every((name) => ready.includes(name));
  });
};

/** What a person, or a script of theirs, does on one machine. Waits for no longer than the machine takes to be able to. */
const upAndStaged = `set -eu
until [ -s /etc/kimg/kubeadm/join.yaml ] && ctr version >/dev/null 2>&1; do sleep 0.5; done
[ ! -d /etc/kimg/pki ] || cp -r /etc/kimg/pki /etc/kubernetes/`;

const init = `${upAndStaged}
kubeadm init --config /etc/kimg/kubeadm/init.yaml --skip-token-print
kubectl apply --server-side --filename /etc/kimg/manifests`;

/** The load balancer in front of the API server takes a moment to see it. */
const join = `${upAndStaged}
until [ "$(kubectl --kubeconfig=/dev/null --username=anonymous --server="https://$1" --certificate-authority=/etc/kimg/ca.crt get --raw=/readyz 2>/dev/null)" = ok ]; do sleep 0.5; done
kubeadm join --config /etc/kimg/kubeadm/join.yaml`;

const byHand = async (lab: Lab): Promise<void> => {
  const [first = "", ...others] = all(lab);
  const run = (name: string, script: string): Promise<unknown> =>
    lab.machine(name).exec(["sh", "-c", script, "sh", lab.plan.endpoint], { accept: [0], seconds: patience });
  await run(first, init);
  await Promise.all(others.map((name) => run(name, join)));
};

/** The boot agent leaves the machine alone. */
const idleAgent = { cloudConfig: { bootcmd: [["systemctl", "mask", "--runtime", "kimg-agent.service"]] } };

const measure = async (work: (lab: Lab) => Promise<void>, hands: boolean): Promise<number> => {
  const lab = await setUp(io, place, { lastImages: true });
  try {
    if (hands) await lab.wipe(all(lab), await lab.seeds({ name: "hands", changes: idleAgent }));
    const since = performance.now();
    await lab.start(everyone(lab));
    await work(lab);
    await allReady(lab);
    return (performance.now() - since) / 1000;
  } finally {
    await tearDown(steady, place);
  }
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

await refreshRoots(io, place);
const hands: number[] = [];
const alone: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  hands.push(await measure(byHand, true));
  alone.push(await measure(async () => {}, false));
  progress.note(`by hand ${hands.at(-1)?.toFixed(1)} s, by themselves ${alone.at(-1)?.toFixed(1)} s`);
}
console.log(`kubeadm by hand: ${median(hands).toFixed(1)} s`);
console.log(
  `by themselves: ${median(alone).toFixed(1)} s, ratio ${(median(alone) / median(hands)).toFixed(2)} (goal ${goal})`,
);
