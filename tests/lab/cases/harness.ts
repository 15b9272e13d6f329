// The lab itself: whatever way its harness ends, nothing of it stays on the host.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { members } from "../cgroups.ts";
import { leftovers, shareRoots } from "../lab.ts";
import { type Place, openPlace } from "../place.ts";
import type { Case, Scene } from "../scene.ts";
import { waitUntil } from "../wait.ts";

const program = fileURLToPath(new URL("../main.ts", import.meta.url));

interface Run {
  readonly child: ChildProcess;
  /** The exit code; null when it was killed. */
  readonly ended: Promise<number | null>;
  readonly output: () => string;
}

interface SecondLab {
  readonly place: Place;
  readonly run: (...argv: readonly string[]) => Run;
}

const start = (argv: readonly string[], environment: NodeJS.ProcessEnv): Run => {
  const child = spawn(process.execPath, [...process.execArgv, program, ...argv], { env: environment });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  // Not when its outputs are closed: what it leaves behind may have them still.
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  return { child, ended, output: () => output };
};

/** Beside the one that runs this case: with its images, and a network and names of its own. */
const secondLab = async ({ lab }: Scene): Promise<SecondLab> => {
  const environment = { ...lab.io.environment, KIMG_LAB: `${lab.place.folder}-second` };
  const place = await openPlace({ files: lab.io.files, environment });
  await shareRoots(lab.io, lab.place, place);
  return { place, run: (...argv) => start(argv, environment) };
};

/** At which a harness may end. */
interface Moment {
  readonly when: string;
  readonly argv: readonly string[];
  /** Whether it has come. */
  readonly seen: (scene: Scene, second: SecondLab) => Promise<boolean>;
}

const upSome = ["up", "--last-images", "lb1", "w1"];

const moments: readonly Moment[] = [
  {
    when: "while it makes disks",
    argv: upSome,
    seen: ({ lab }, { place }) =>
      lab.io.files.status(place.machine("w1", "containerd")).then((status) => status !== undefined),
  },
  {
    when: "while machines start",
    argv: upSome,
    seen: async (_, { place }) => (await members(place.name)).length > 0,
  },
  {
    when: "while they boot",
    // It waits for its machines, and does not end before they have booted.
    argv: ["case", "--last-images", "workers-first"],
    seen: async (_, { place }) => (await members(place.name)).length > 20,
  },
];

const checkNothingLeft = async ({ lab }: Scene, { place }: SecondLab): Promise<void> => {
  const left = await leftovers(lab.io, place);
  if (left.length > 0) throw new Error(left.join(", "));
};

const endAt = async (
  scene: Scene,
  second: SecondLab,
  { when, argv, seen }: Moment,
  signal: NodeJS.Signals,
): Promise<void> => {
  const { child, ended, output } = second.run(...argv);
  const patience = { seconds: 120, every: 0.02, signal: scene.lab.io.signal };
  await waitUntil(when, patience, async () => child.exitCode !== null || seen(scene, second));
  if (child.exitCode !== null) throw new Error(`it ended by itself: ${output()}`);
  child.kill(signal);
  await ended;
};

const down = async (second: SecondLab): Promise<void> => {
  const { ended, output } = second.run("down");
  const code = await ended;
  if (code !== 0) throw new Error(`down ended with ${code}: ${output()}`);
};

export const harnessKilled: Case = {
  name: "harness-killed",
  does: "Ends a second harness at several moments, by kill -9 and by Ctrl-C",
  endsIn: "no process, mount, control group or network namespace of it is left",
  inTest: true,
  from: "fresh",
  leaves: "spoilt",
  run: async (scene) => {
    const second = await secondLab(scene);
    try {
      for (const moment of moments) {
        await scene.check(`killed ${moment.when}: \`down\` leaves nothing`, async () => {
          await endAt(scene, second, moment, "SIGKILL");
          const before = await leftovers(scene.lab.io, second.place);
          await down(second);
          await checkNothingLeft(scene, second);
          return `${before.length} leftovers before`;
        });
        await scene.check(`stopped by Ctrl-C ${moment.when}: it leaves nothing`, async () => {
          await endAt(scene, second, moment, "SIGINT");
          await checkNothingLeft(scene, second);
        });
      }
    } finally {
      await down(second);
      await scene.lab.io.files.remove(second.place.folder);
    }
  },
};
