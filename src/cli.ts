#!/usr/bin/env node
// The command line: the only catch, the only exit code, the only place that knows whether it talks to a terminal.
import { CommanderError } from "commander";
import { DiagnosticError, diagnosticsJson } from "./diagnostic.ts";
import { type ProgressStyle, startProgress } from "./edge/progress.ts";
import { systemIo } from "./edge/system-io.ts";
import { showsColors } from "./edge/terminal.ts";
import { Interrupted, describeFailure, exitCodes } from "./failure.ts";
import { createProgram } from "./program.ts";
import { type Options, verbs } from "./verbs.ts";
import { workflowCommands } from "./workflow-commands.ts";

const progressStyle = ({ quiet, json }: Options): ProgressStyle => {
  if (json) return "json";
  if (quiet) return "quiet";
  return process.stderr.isTTY ? "terminal" : "lines";
};

const abortOnSignals = (): AbortSignal => {
  const abort = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => abort.abort(new Interrupted(name)));
  }
  return abort.signal;
};

/** The exit code. */
const runVerb = async (verb: string, args: readonly string[], options: Options): Promise<number> => {
  const progress = startProgress(progressStyle(options));
  const io = systemIo(progress, abortOnSignals());
  const color = showsColors(process.stdout);
  const outcome = (await verbs[verb]?.({ io, args, options, color, times: progress.times })) ?? "";
  const { text, exitCode } = typeof outcome === "string" ? { text: outcome, exitCode: 0 } : outcome;
  if (text !== "") process.stdout.write(`${text}\n`);
  return exitCode;
};

/** Diagnostics go where the caller's program reads them when it asked for a form of them. */
const report = (error: unknown, options: Options): number => {
  const { text, exitCode } = describeFailure(error, { color: showsColors(process.stderr) });
  const form = options.json === true ? "json" : options["format"];
  const printed = form === "json" ? diagnosticsJson : form === "github" ? workflowCommands : undefined;
  if (error instanceof DiagnosticError && printed) process.stdout.write(`${printed(error.diagnostics)}\n`);
  else process.stderr.write(`${text}\n`);
  return exitCode;
};

const main = async (): Promise<number> => {
  let options: Options = {};
  let exitCode = 0;
  const program = createProgram(async (verb, args, given) => {
    options = given;
    exitCode = await runVerb(verb, args, given);
  });
  try {
    await program.parseAsync();
    return exitCode;
  } catch (error) {
    // Commander has printed its own words: help, the version, or what is wrong with the command line.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    return report(error, options);
  }
};

/** Who reads no further, as `head` does, has what they wanted. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

process.exitCode = await main();
