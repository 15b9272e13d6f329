// Power cuts at moments that nobody chose: a control plane in its init, then a worker in its join. What was not written to their disks
// in time is lost, as on real machines. They go on by themselves each time, and one cluster comes of it. KIMG_LAB_SEED has the moments
// again.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatTable } from "../../src/commands/words.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { randomNumbers, seedOf } from "../lab/random.ts";
import { type Followed, boot, said } from "../support/boot.ts";
import { milestones } from "./emulated.ts";
import { type OpenPair, type PairName, followToEnd, openPair, pairNames } from "./pair.ts";

interface Victim {
  readonly name: PairName;
  readonly cuts: number;
  /** Longest time from the beginning of the work to the cut, in seconds: less than what the work takes. */
  readonly within: number;
}

/** Ten in all. */
const controlPlane: Victim = { name: "cp1", cuts: 6, within: 30 };
const worker: Victim = { name: "w1", cuts: 4, within: 15 };
/** How often a machine may be done before its cut comes, and begin anew with a fresh disk. */
const mostFreshDisks = 3;

/** One boot of a victim, from power-on to the cut. */
interface Cut {
  readonly name: PairName;
  /** Seconds from the beginning of the work. */
  readonly after: number;
  /** The agent's last word. */
  readonly during: string;
  /** Files of no bytes that the cut before this boot had left. */
  readonly torn: readonly string[];
}

const io = systemIo(startProgress("lines"), new AbortController().signal);
/** Of the slower of both: a boot, the work, and the other machine's part in it. */
const patience = 3_600;
const member = new RegExp(`${milestones.member.source}|^PROBE outcome done$`);
const working = /^PROBE agent running (?:init|join|finish joining|add-ons|seal): /;
/** Work that the boot before had ended counts as well: nothing is waited for that cannot come any more. */
const atWork = { ...milestones, member, "at work": new RegExp(`${working.source}|${member.source}`) };

let pair: OpenPair;

beforeAll(async () => {
  pair = await openPair(io);
});
afterAll(() => pair.close());

const machineOf = (name: PairName) => ({ ...pair.machines[name], layer: join(pair.folder, `${name}.qcow2`) });

const lastWord = ({ console: lines }: Followed): string =>
  lines.findLast((line) => line.startsWith("PROBE agent "))?.slice("PROBE agent ".length) ?? "nothing";

const tornFiles = (followed: Followed): readonly string[] => (said(followed)["torn"] ?? "").split(" ").filter(Boolean);

/** Boots it and cuts its power again; undefined when it became a member before. */
const cutOnce = async ({ name, within }: Victim, random: () => number): Promise<Cut | undefined> => {
  const after = Math.round(random() * within * 10) / 10;
  const options = { until: "at work", linger: after, powerCut: true, seconds: patience };
  const followed = await boot(io, machineOf(name), atWork, options);
  if (!followed.reached) throw new Error(`${name} did not begin:\n${followed.console.slice(-80).join("\n")}`);
  if ("member" in followed.milestones) return undefined;
  const cut = { name, after, during: lastWord(followed), torn: tornFiles(followed) };
  io.progress.note(`${name}: power cut ${after} s after the beginning: ${cut.during}`);
  return cut;
};

const untilMember = (name: PairName, neededBy?: Promise<unknown>): Promise<Followed> =>
  followToEnd(io, name, machineOf(name), patience, neededBy);

const cutAll = async (victim: Victim, random: () => number): Promise<readonly Cut[]> => {
  const cuts: Cut[] = [];
  let freshDisks = 0;
  while (cuts.length < victim.cuts) {
    const cut = await cutOnce(victim, random);
    if (cut !== undefined) cuts.push(cut);
    else if (++freshDisks > mostFreshDisks) throw new Error(`${victim.name} is done too early, again and again`);
    else await rm(machineOf(victim.name).layer);
  }
  return cuts;
};

const tableOf = (cuts: readonly Cut[]): string =>
  formatTable([
    ["MACHINE", "AFTER", "CUT DURING", "EMPTY FILES FOUND AT BOOT"],
    ...cuts.map(({ name, after, during, torn }) => [name, `${after} s`, during, torn.join(" ") || "-"]),
  ]);

describe("machines whose power is cut while they become members", () => {
  const cuts: Cut[] = [];
  const followed = new Map<PairName, Followed>();

  beforeAll(
    async () => {
      const seed = seedOf(io.environment, io.now());
      io.progress.note(`moments of KIMG_LAB_SEED=${seed}`);
      const random = randomNumbers(seed);
      cuts.push(...(await cutAll(controlPlane, random)));
      const joined = cutAll(worker, random).then(async (more) => {
        cuts.push(...more);
        return untilMember("w1");
      });
      const both = await Promise.all([untilMember("cp1", joined), joined]);
      followed.set("cp1", both[0]).set("w1", both[1]);
      io.progress.note(tableOf(cuts));
    },
    4 * patience * 1_000,
  );

  it("were cut off in init and in join", () => {
    const counts = [controlPlane, worker].map(({ name }) => [name, cuts.filter((cut) => cut.name === name).length]);
    expect(Object.fromEntries(counts)).toEqual({ cp1: 6, w1: 4 });
    expect(cuts.map(({ during }) => during)).not.toContain("nothing");
  });

  it("become one cluster, both nodes Ready, with one etcd member", () => {
    const { nodes = "", members } = said(followed.get("cp1") ?? { console: [] });
    expect(nodes.split(" ").map((node) => node.split("=")[0])).toEqual(["cp1", "w1"]);
    expect(members).toBe("cp1");
  });

  it.each(pairNames)("%s has sealed itself, and nothing staged is left", (name) => {
    const wanted = { outcome: "done", staged: "", leaked: "", "failed-units": "0" };
    expect(said(followed.get(name) ?? { console: [] })).toMatchObject(wanted);
  });
});
