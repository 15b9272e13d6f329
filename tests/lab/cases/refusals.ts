// What is wrong with a machine or its seed is said, in its report and on its console; and once it is mended, a reboot is enough.
import { join } from "node:path";
import { checkAgentsDone, checkAllReady, checkFormed } from "../formed.ts";
import { renderingKimg } from "../kimg.ts";
import { addressOf, kubectl, workers } from "../kubernetes.ts";
import { type Expected, checkSays } from "../refusing.ts";
import type { Case, Scene } from "../scene.ts";
import { type SeedOptions, type Seeds, ensureTrust } from "../seeds.ts";
import { waitUntil } from "../wait.ts";

interface Refusal extends Omit<Expected, "seconds"> {
  readonly what: string;
  /** Seeds with the fault; made of `victim`'s. */
  readonly faulty: (scene: Scene, victim: string) => Promise<Seeds>;
  readonly seconds?: number;
  /** The image is at fault, and not the seed. */
  readonly needsImage?: boolean;
}

const rendered =
  (options: Omit<SeedOptions, "name">): Refusal["faulty"] =>
  ({ lab }) =>
    lab.seeds({ name: "faulty", ...options });

const withBootCommand = (command: string): Refusal["faulty"] =>
  rendered({ changes: { cloudConfig: { bootcmd: [["sh", "-c", command]] } } });

/** A file of the seed changed by hand. cloud-init takes it for another instance's, as it would a corrected one. */
const edited =
  (file: string, change: (text: string) => string): Refusal["faulty"] =>
  async ({ lab }, victim) => {
    const seeds = await lab.seeds({ name: "edited" });
    const edit = async (name: string, by: (text: string) => string): Promise<void> => {
      const path = join(seeds(victim), name);
      const text = await lab.io.files.readText(path);
      const changed = by(text);
      if (changed === text) throw new Error(`${path} is as it was`);
      await lab.io.files.write(path, changed, 0o600);
    };
    await edit(file, change);
    await edit("meta-data", (text) => text.replace(/^instance-id: "(.*)"$/m, 'instance-id: "$1-edited"'));
    return seeds;
  };

/** The trust as it is, but for a text. */
const withOtherTrust = async (scene: Scene, change: (text: string) => string): Promise<Seeds> => {
  const { io, place, seeds } = scene.lab;
  const trust = place.path("seeds", "faulty.secrets.yaml");
  await io.files.write(trust, change(await io.files.readText(await ensureTrust(io, place))), 0o600);
  return seeds({ name: "faulty", trust });
};

const anHour = 3_600_000;

/** A machine cannot have a clock of its own here. What one that is an hour late sees is a CA that is of an hour ahead. */
const ofAnHourAhead: Refusal["faulty"] = async ({ lab }) => {
  const io = { ...lab.io, now: () => new Date(lab.io.now().getTime() + anHour) };
  return lab.seeds({ name: "faulty", trust: await ensureTrust(io, lab.place, "ahead") });
};

/** The controller that removes tokens at their end does so. */
const expired: Refusal["faulty"] = async ({ lab }) => {
  const ofTokens = ["--namespace=kube-system", "--field-selector=type=bootstrap.kubernetes.io/token", "--output=name"];
  const { stdout } = await kubectl(lab, ["get", "secrets", ...ofTokens]);
  const patch = JSON.stringify({ stringData: { expiration: "2020-01-01T00:00:00Z" } });
  for (const name of stdout.split("\n").filter(Boolean))
    await kubectl(lab, ["patch", name, "--namespace=kube-system", `--patch=${patch}`]);
  await waitUntil("the tokens to be removed", { seconds: 120 }, async () => {
    const left = await kubectl(lab, ["get", "secrets", ...ofTokens]);
    return left.stdout === "";
  });
  return lab.seeds({ name: "faulty" });
};

const dropIn = "/run/systemd/system/kimg-agent.service.d";

const removeImage = "/usr/bin/ctr --namespace=k8s.io images remove registry.k8s.io/kube-proxy:v1.37.2";

const refusals = (victim: string, address: string, other: string): readonly Refusal[] => [
  {
    what: "wrong token",
    faulty: (scene) =>
      withOtherTrust(scene, (text) =>
        text.replace(/(worker-token: "?[a-z0-9]{6}\.)[a-z0-9]{16}/, "$1aaaaaaaaaaaaaaaa"),
      ),
    phase: "join",
    reason: /token's secret half/,
    hint: /kimg token/,
  },
  {
    what: "metadata variable missing",
    faulty: edited("meta-data", (text) => text.replace(/^ {2}token: .*\n/m, "")),
    phase: "preflight",
    reason: /unresolved variable .*token/,
    hint: /meta-data/,
  },
  {
    what: "two nodes with one name",
    faulty: async (scene) => {
      const seeds = await scene.lab.seeds({ name: "faulty", without: [victim], addresses: { [other]: address } });
      return () => seeds(other);
    },
    phase: "join",
    reason: /Ready node of this name/,
    hint: /another name/,
  },
  {
    what: "disk full",
    faulty: withBootCommand(
      "mount -t tmpfs -o size=64k tmpfs /var/lib/kubelet && cat /dev/zero > /var/lib/kubelet/full; true",
    ),
    phase: "join",
    reason: /disk is full/,
    hint: /df -h/,
  },
  {
    what: "image missing",
    faulty: withBootCommand(
      `mkdir -p ${dropIn} && printf '[Service]\\nExecStartPre=-${removeImage}\\n' > ${dropIn}/lab.conf && systemctl daemon-reload`,
    ),
    needsImage: true,
    phase: "preflight",
    reason: /not in containerd: registry\.k8s\.io\/kube-proxy/,
    hint: /images import/,
  },
  {
    what: "no route",
    faulty: edited("network-config", (text) =>
      text
        .replace(`${address}/24`, `${address}/32`)
        .replace(/^ +(?:routes|gateway4):.*\n(?: +- .*\n(?: +\w+: .*\n)*)*/m, ""),
    ),
    phase: "wait for the cluster",
    outcome: "waiting",
    reason: /unreachable|no route/i,
  },
  {
    what: "wrong subnet",
    faulty: edited("network-config", (text) => text.replaceAll("10.77.0.", "10.78.0.")),
    phase: "preflight",
    outcome: "waiting",
    reason: /no IPv4 address in 10\.77\.0\.0\/24/,
    hint: /10\.78\.0\./,
  },
  {
    what: "swap on",
    faulty: withBootCommand(
      String.raw`printf 'Filename Type Size Used Priority\n/swap file 1024 0 -2\n' > /run/swaps && mount --bind /run/swaps /proc/swaps`,
    ),
    phase: "preflight",
    reason: /swap: on: \/swap/,
    hint: /swapoff/,
  },
  {
    what: "clock an hour wrong",
    faulty: ofAnHourAhead,
    phase: "preflight",
    outcome: "waiting",
    reason: /the CA is valid/,
    hint: /clock/,
  },
];

const tokenExpired: Refusal = {
  what: "token expired",
  faulty: expired,
  phase: "join",
  reason: /token is not known.*expired/,
  hint: /kimg token/,
};

/** A machine that has never been one of this cluster. */
const startAnew = async ({ lab }: Scene, victim: string, seeds: Seeds): Promise<void> => {
  await lab.powerCut([victim]);
  await kubectl(lab, ["delete", "node", victim, "--ignore-not-found"]);
  await lab.wipe([victim], seeds);
  await lab.start([victim]);
};

/** Only its seed is another one; the machine is the same. */
const reboot = async ({ lab }: Scene, victim: string, { needsImage }: Refusal, seeds: Seeds): Promise<void> => {
  await lab.stop([victim]);
  if (needsImage === true) await lab.wipe([victim], seeds);
  else await lab.machine(victim).replaceSeed(seeds(victim));
  await lab.start([victim]);
};

const checkRefusal = async (scene: Scene, victim: string, refusal: Refusal): Promise<void> => {
  scene.note(`  ${refusal.what}`);
  await startAnew(scene, victim, await refusal.faulty(scene, victim));
  await checkSays(scene, victim, { seconds: 300, ...refusal });
};

const checkMended = async (scene: Scene, victim: string, refusal: Refusal, seeds: Seeds): Promise<void> => {
  const since = scene.lab.io.now();
  await reboot(scene, victim, refusal, seeds);
  await checkAgentsDone(scene, [victim]);
  await checkAllReady(scene, since);
};

export const refused: Case = {
  name: "refusals",
  does: "Starts a worker with each of: wrong token, metadata variable missing, another node's name, disk full, image missing, no route, wrong subnet, swap on, clock an hour wrong, token expired; then corrects its seed and reboots it",
  endsIn: "refuses with phase, cause and hint in the report and on the console; a corrected seed and a reboot mend it",
  inTest: false,
  from: "formed",
  leaves: "formed",
  run: async (scene) => {
    const { lab } = scene;
    const [other = "", victim = ""] = workers(lab);
    for (const refusal of refusals(victim, addressOf(lab, victim), other)) {
      await checkRefusal(scene, victim, refusal);
      await checkMended(scene, victim, refusal, await lab.seeds({ name: "corrected" }));
    }
    await checkRefusal(scene, victim, tokenExpired);
    await renderingKimg(lab, "token", ["--node", victim, "--render"]);
    await checkMended(scene, victim, tokenExpired, lab.lastSeeds());
    await checkFormed(scene);
  },
};
