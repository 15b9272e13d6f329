// Two machines with kernels of their own, powered on together, become one cluster. What became of them is read off their serial consoles.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { type Followed, extraRoom, said } from "../support/boot.ts";
import { recorded } from "../support/recorded.ts";
import { milestones } from "../vm/emulated.ts";
import { type OpenPair, type PairName, followToEnd, openPair, pairNames } from "../vm/pair.ts";

const io = systemIo(startProgress("lines"), new AbortController().signal);
let pair: OpenPair;

beforeAll(async () => {
  pair = await openPair(io);
});
afterAll(() => pair.close());

const power = (name: PairName, neededBy?: Promise<unknown>): Promise<Followed> =>
  followToEnd(io, name, pair.machines[name], 2_400, neededBy);

describe("a control plane and a worker, powered on together", () => {
  let followed: Readonly<Record<PairName, Followed>>;

  beforeAll(async () => {
    const files = Object.values(pair.machines).flatMap(({ disk, seed = "" }) => [disk.path, seed]);
    const digests = await Promise.all(files.map(async (path) => (await io.files.sha256(path)).sha256));
    const input = { digests, extraRoom, patterns: Object.values(milestones).map(String) };
    followed = await recorded(io, "vm", input, async () => {
      const worker = power("w1");
      const [cp1, w1] = await Promise.all([power("cp1", worker), worker]);
      return { cp1, w1 };
    });
  });

  it("become one cluster, both nodes Ready", () => {
    const { nodes = "", members } = said(followed.cp1);
    expect(nodes.split(" ").map((node) => node.split("=")[0])).toEqual(["cp1", "w1"]);
    expect(members).toBe("cp1");
  });

  it.each(pairNames)("%s has sealed itself: sentinel, report, and nothing staged is left", (name) => {
    expect(said(followed[name])).toMatchObject({ outcome: "done", staged: "", leaked: "", "failed-units": "0" });
  });

  it.each(pairNames)("%s needed no second attempt", (name) => {
    expect(followed[name].console.filter((line) => line.includes("kimg: FAILED"))).toEqual([]);
  });
});
