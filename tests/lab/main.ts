#!/usr/bin/env node
// The lab's command line: `npm run lab -- up|down|status|exec|case`. Knows flags, signals and exit codes; everything else is lab.ts's
// and the runner's.
import { Command, CommanderError } from "commander";
import { formatTable } from "../../src/commands/words.ts";
import type { Io } from "../../src/edge/io.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { showsColors } from "../../src/edge/terminal.ts";
import { Interrupted, describeFailure, exitCodes } from "../../src/failure.ts";
import { type SetUpOptions, leftovers, openLab, setUp, tearDown } from "./lab.ts";
import { cases } from "./cases/index.ts";
import { type Place, openPlace } from "./place.ts";
import { casesNamed, outputFolder, runCases } from "./runner.ts";
import { describeStatus } from "./status.ts";

interface World {
  /** Ends on Ctrl-C. */
  readonly io: Io;
  /** Does not: for taking things down. */
  readonly steady: Io;
  readonly place: Place;
}

const abortOnSignals = (): AbortSignal => {
  const abort = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => abort.abort(new Interrupted(name)));
  }
  return abort.signal;
};

const openWorld = async (): Promise<World> => {
  const progress = startProgress(process.stderr.isTTY ? "terminal" : "lines");
  const io = systemIo(progress, abortOnSignals());
  return { io, steady: systemIo(progress, new AbortController().signal), place: await openPlace(io) };
};

/** One harness at a time sets a lab up or takes it down. The lock goes with this process, however that ends. */
const alone = async (world: World, work: () => Promise<void>): Promise<void> => {
  const { io, place } = world;
  const release = await io.files.lock(place.path("lock"), () => io.progress.note("waiting for another run of the lab"));
  try {
    await work();
  } finally {
    await release();
  }
};

const down = ({ steady, place }: World): Promise<void> =>
  steady.progress.stage("taking the lab down", () => tearDown(steady, place));

/** What was begun goes down again when it does not come up. */
const up = async (world: World, names: readonly string[], options: SetUpOptions): Promise<void> => {
  try {
    const lab = await setUp(world.io, world.place, options);
    const wanted = names.length === 0 ? lab.machines.map(({ name }) => name) : names;
    await world.io.progress.stage(`starting ${wanted.join(", ")}`, () => lab.start(wanted));
    world.io.signal.throwIfAborted();
  } catch (error) {
    await down(world);
    throw error;
  }
};

const exec = async ({ io, place }: World, name: string, argv: readonly string[]): Promise<number> => {
  const lab = await openLab(io, place);
  const { code, stdout, stderr } = await lab.machine(name).exec(argv, { seconds: 3600 });
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return code;
};

const power = async (world: World, change: "start" | "stop" | "cut", names: readonly string[]): Promise<void> => {
  const lab = await openLab(world.io, world.place);
  await { start: lab.start, stop: lab.stop, cut: lab.powerCut }[change](names);
};

const lastImages = ["--last-images", "those of the last run, whatever has changed since"] as const;
const agentFromSource = ["--agent-from-source", "the boot agent of this tree over the images' one"] as const;

/** Exit code 1 when a case fails. The lab goes down in the end, unless somebody wants to look at what has become of it. */
const runNamed = async (
  world: World,
  names: readonly string[],
  { keep, ...options }: SetUpOptions & { readonly keep?: boolean },
): Promise<number> => {
  const wanted = casesNamed(names);
  let failed: readonly string[];
  try {
    failed = await runCases({ ...world, options }, wanted);
  } finally {
    if (keep !== true || world.io.signal.aborted) await down(world);
  }
  const passed = wanted.length - failed.length;
  const named = failed.length === 0 ? "" : `; failed: ${failed.join(", ")}`;
  process.stdout.write(`${passed} of ${wanted.length} cases passed${named}. See ${outputFolder}/report.md\n`);
  return failed.length === 0 ? 0 : 1;
};

const describeCases = (): string =>
  formatTable(cases.map(({ name, does, endsIn, inTest }) => [inTest ? "●" : "", name, `${does}: ${endsIn}`]));

const createProgram = (world: World, exit: (code: number) => void): Command => {
  const program = new Command("lab").description("A real cluster in containers of this machine. Needs root.");
  // What comes after the machine's name belongs to the program that runs there.
  program.enablePositionalOptions().exitOverride();
  program
    .command("up [node...]")
    .description("takes down what is there, and starts a fresh cluster, or some of its machines")
    .option(...lastImages)
    .option(...agentFromSource)
    .action((names: string[], options: SetUpOptions) => alone(world, () => up(world, names, options)));
  program
    .command("down")
    .description("ends everything, also what a killed run has left")
    .action(() => alone(world, () => down(world)));
  program
    .command("status")
    .description("each machine with its agent's word")
    .action(async () => {
      const left = await leftovers(world.io, world.place);
      const text =
        left.length === 0 ? "nothing is running" : await describeStatus(await openLab(world.io, world.place));
      process.stdout.write(`${text}\n`);
    });
  program
    .command("exec <node> <command...>")
    .description("runs a program in a machine")
    .passThroughOptions()
    .action(async (name: string, argv: string[]) => exit(await exec(world, name, argv)));
  program
    .command("case [name...]")
    .description("runs cases: their names, `test` for those of ./test, `all`; lists them without a name")
    .option(...lastImages)
    .option(...agentFromSource)
    .option("--keep", "leave the lab as the last case left it")
    .action(async (names: string[], options: SetUpOptions & { keep?: boolean }) => {
      if (names.length === 0) process.stdout.write(`${describeCases()}\n`);
      else await alone(world, async () => exit(await runNamed(world, names, options)));
    });
  for (const change of ["start", "stop", "cut"] as const) {
    program
      .command(`${change} <node...>`)
      .description({ start: "power on", stop: "an orderly end", cut: "a power cut" }[change])
      .action((names: string[]) => power(world, change, names));
  }
  program
    .command("console <node>")
    .description("what a machine's console has shown")
    .action(async (name: string) => {
      process.stdout.write(await (await openLab(world.io, world.place)).machine(name).console());
    });
  for (const command of program.commands) command.exitOverride();
  return program;
};

const main = async (): Promise<number> => {
  let exitCode = 0;
  try {
    const world = await openWorld();
    await createProgram(world, (code) => (exitCode = code)).parseAsync();
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    const failure = describeFailure(error, { color: showsColors(process.stderr) });
    process.stderr.write(`${failure.text}\n`);
    return failure.exitCode;
  }
};

process.exitCode = await main();
