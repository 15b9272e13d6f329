// Runs cases one after the other, each on the lab that it asks for, and keeps what came of them. Must not know what a case asserts.
import { join } from "node:path";
import { UsageError } from "../../src/diagnostic.ts";
import type { Io } from "../../src/edge/io.ts";
import { cases } from "./cases/index.ts";
import { keepEvidence } from "./evidence.ts";
import { checkFormed } from "./formed.ts";
import { everyone } from "./kubernetes.ts";
import { type Lab, type SetUpOptions, refreshRoots, setUp } from "./lab.ts";
import type { Place } from "./place.ts";
import { type CaseResult, recordResult } from "./report.ts";
import { type Case, type RecordedScene, recordScene } from "./scene.ts";
import { timeline } from "./timeline.ts";

/** `all`, `test` (those of ./test), or names. Throws UsageError for a name that there is none of. */
export const casesNamed = (names: readonly string[]): readonly Case[] =>
  names.flatMap((name) => {
    if (name === "all") return cases;
    if (name === "test") return cases.filter(({ inTest }) => inTest);
    const found = cases.filter((each) => each.name === name);
    if (found.length > 0) return found;
    throw new UsageError(`no case "${name}"`, `known: all, test, ${cases.map((each) => each.name).join(", ")}`);
  });

export const outputFolder = "build/lab";

interface Run {
  readonly io: Io;
  /** For what must be kept when the run is stopped. */
  readonly steady: Io;
  readonly place: Place;
  readonly options: SetUpOptions;
}

/** A lab as the case wants it: the last case's, if that has left a cluster and this one can do with it. */
const prepare = async (run: Run, wanted: Case, formed: Lab | undefined): Promise<Lab> => {
  if (wanted.from === "formed" && formed !== undefined) return formed;
  // Images were looked after before the first case: what changes meanwhile is for the next run.
  const lab = await setUp(run.io, run.place, { ...run.options, lastImages: true });
  if (wanted.from === "formed") {
    await lab.start(everyone(lab));
    await checkFormed(recordScene(lab));
  }
  return lab;
};

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const resultOf = async (wanted: Case, scene: RecordedScene, begun: Date, error: unknown): Promise<CaseResult> => {
  const { name, does, endsIn, inTest } = wanted;
  const asserted = scene.assertions.some(({ result }) => result === "failed");
  return {
    ...{ name, does, endsIn, inTest, begun: begun.toISOString(), seconds: scene.seconds() },
    result: error === undefined ? "passed" : "failed",
    assertions: scene.assertions,
    ...(error === undefined || asserted ? {} : { error: textOf(error) }),
    timeline: await timeline(scene.lab, begun),
    agentFromSource: scene.lab.plan.agentFromSource,
  };
};

const recordUnprepared = async (run: Run, wanted: Case, begun: Date, error: unknown): Promise<void> => {
  const { name, does, endsIn, inTest } = wanted;
  const seconds = Math.round((run.io.now().getTime() - begun.getTime()) / 1000);
  const why = `could not be prepared: ${textOf(error)}`;
  run.io.progress.note(`${name}: ${why}`);
  await recordResult(run.steady, outputFolder, {
    ...{ name, does, endsIn, inTest, begun: begun.toISOString(), seconds, result: "failed", error: why },
    ...{ assertions: [], timeline: {}, agentFromSource: run.options.agentFromSource ?? false },
  });
};

const runCase = async ({ io, steady }: Run, wanted: Case, lab: Lab): Promise<boolean> => {
  const begun = io.now();
  const scene = recordScene(lab);
  io.progress.note(`${wanted.name}: ${wanted.does}`);
  let error: unknown;
  try {
    await wanted.run(scene);
  } catch (thrown) {
    io.signal.throwIfAborted();
    error = thrown;
  }
  const result = await resultOf(wanted, scene, begun, error);
  await recordResult(steady, outputFolder, result);
  await keepEvidence(lab, join(outputFolder, wanted.name), result.result);
  io.progress.note(`${wanted.name}: ${result.result} after ${result.seconds} s`);
  return result.result === "passed";
};

const prepareOrRecord = async (run: Run, wanted: Case, formed: Lab | undefined): Promise<Lab | undefined> => {
  const begun = run.io.now();
  try {
    return await prepare(run, wanted, formed);
  } catch (error) {
    run.io.signal.throwIfAborted();
    await recordUnprepared(run, wanted, begun, error);
    return undefined;
  }
};

/** Names of cases that failed. The caller takes the lab down. */
export const runCases = async (run: Run, wanted: readonly Case[]): Promise<readonly string[]> => {
  const failed: string[] = [];
  if (run.options.lastImages !== true) await refreshRoots(run.io, run.place);
  let formed: Lab | undefined;
  for (const each of wanted) {
    const lab = await prepareOrRecord(run, each, formed);
    const passed = lab !== undefined && (await runCase(run, each, lab));
    formed = passed && each.leaves === "formed" ? lab : undefined;
    if (!passed) failed.push(each.name);
  }
  return failed;
};
