#!/usr/bin/env node
// The command line: the only catch, the only exit code, the only place that knows whether it talks to a terminal.
import { CommanderError } from "commander";
import { type Diagnostic, diagnosticsJson } from "./diagnostic.ts";
import { type ProgressStyle, startProgress } from "./edge/progress.ts";
import { systemIo } from "./edge/system-io.ts";
import { showsColors } from "./edge/terminal.ts";
import { Interrupted, describeFailure } from "./failure.ts";
import { CommandLineError, createProgram } from "./program.ts";
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

/** Diagnostics in the form that was asked for go to standard output, where the caller's program reads. */
const printedForm = ({ json, format }: Options): ((diagnostics: readonly Diagnostic[]) => string) | undefined => {
  if (json === true || format === "json") return diagnosticsJson;
  return format === "github" ? workflowCommands : undefined;
};

const report = (error: unknown, options: Options): number => {
  const { text, diagnostics, exitCode } = describeFailure(error, { color: showsColors(process.stderr) });
  const form = printedForm(options);
  if (form !== undefined) process.stdout.write(`${form(diagnostics)}\n`);
  else process.stderr.write(`${error instanceof CommandLineError ? (error.help ?? text) : text}\n`);
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
    // Help or the version was asked for, and commander has printed it.
    if (error instanceof CommanderError) return 0;
    return report(error, error instanceof CommandLineError ? error.options : options);
  }
};

/** Who reads no further, as `head` does, has what they wanted. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  const { text, exitCode } = describeFailure(Object.assign(error, { path: "standard output" }), { color: false });
  process.stderr.write(`${text}\n`);
  process.exit(exitCode);
});

process.exitCode = await main();
