// What people (or programs) see of long work: a live line on a terminal, plain lines elsewhere, events with --json, nothing with
// --quiet. Everything goes to standard error: standard output belongs to results.
import { createColors } from "picocolors";
import type { Progress, Stage } from "./io.ts";
import { showsColors } from "./terminal.ts";

export type ProgressStyle = "terminal" | "lines" | "json" | "quiet";

export interface ProgressOutput {
  readonly write: (text: string) => void;
  readonly now: () => number;
  readonly columns: () => number;
  readonly color: boolean;
}

/** What happens to stages, in the order in which it happens; `--json` prints these as they are, one a line. */
export type ProgressEvent =
  | { readonly event: "stage-started"; readonly stage: string }
  | { readonly event: "stage-detail"; readonly stage: string; readonly text: string }
  | { readonly event: "stage-finished"; readonly stage: string; readonly seconds: number; readonly reused: boolean }
  | { readonly event: "stage-failed"; readonly stage: string; readonly seconds: number }
  | { readonly event: "note"; readonly text: string };

type Sink = (event: ProgressEvent) => void;

/** Tenths below ten seconds, minutes above ninety. */
export const formatSeconds = (seconds: number): string => {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${String(Math.round(seconds % 60)).padStart(2, "0")} s`;
};

const jsonSink =
  (output: ProgressOutput): Sink =>
  (event) =>
    output.write(`${JSON.stringify(event)}\n`);

const finishedLine = (event: ProgressEvent & { event: "stage-finished" }): string =>
  `${event.stage} ${event.reused ? "(unchanged)" : formatSeconds(event.seconds)}`;

const linesSink =
  (output: ProgressOutput): Sink =>
  (event) => {
    if (event.event === "stage-started") output.write(`${event.stage} ...\n`);
    if (event.event === "stage-finished") output.write(`${finishedLine(event)}\n`);
    if (event.event === "stage-failed") output.write(`${event.stage} failed after ${formatSeconds(event.seconds)}\n`);
    if (event.event === "note") output.write(`${event.text}\n`);
  };

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** One live line for the stages under way; what is finished scrolls up above it. */
const terminalSink = (output: ProgressOutput): Sink => {
  const colors = createColors(output.color);
  const running = new Map<string, { since: number; detail: string }>();
  let timer: NodeJS.Timeout | undefined;
  let frame = 0;
  const live = (): string => {
    const parts = [...running].map(([stage, { since, detail }]) => {
      const seconds = formatSeconds((output.now() - since) / 1000);
      return `${stage} ${seconds}${detail === "" ? "" : ` · ${detail}`}`;
    });
    return `${frames[frame++ % frames.length]} ${parts.join(" | ")}`.slice(0, output.columns() - 1);
  };
  const draw = (): void => output.write(`\r\x1b[K${running.size > 0 ? live() : ""}`);
  const above = (line: string): void => output.write(`\r\x1b[K${line}\n`);
  const settle = (stage: string): void => {
    running.delete(stage);
    if (running.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return (event) => {
    if (event.event === "stage-started") {
      running.set(event.stage, { since: output.now(), detail: "" });
      timer ??= setInterval(draw, 120).unref();
    } else if (event.event === "stage-detail") {
      const stage = running.get(event.stage);
      if (stage !== undefined) stage.detail = event.text;
    } else if (event.event === "stage-finished") {
      above(
        `${colors.green("✓")} ${event.stage} ${colors.dim(event.reused ? "unchanged" : formatSeconds(event.seconds))}`,
      );
      settle(event.stage);
    } else if (event.event === "stage-failed") {
      above(`${colors.red("✗")} ${event.stage} ${colors.dim(formatSeconds(event.seconds))}`);
      settle(event.stage);
    } else {
      above(event.text);
    }
    draw();
  };
};

const sinks: Record<ProgressStyle, (output: ProgressOutput) => Sink> = {
  terminal: terminalSink,
  lines: linesSink,
  json: jsonSink,
  quiet: () => () => {},
};

const standardError = (): ProgressOutput => ({
  write: (text) => void process.stderr.write(text),
  now: () => performance.now(),
  columns: () => process.stderr.columns ?? 80,
  color: showsColors(process.stderr),
});

/** Finished stages with their times, for the summary at the end. */
export interface StageTime {
  readonly stage: string;
  readonly seconds: number;
  readonly reused: boolean;
}

export const startProgress = (
  style: ProgressStyle,
  output: ProgressOutput = standardError(),
): Progress & { readonly times: readonly StageTime[] } => {
  const send = sinks[style](output);
  const times: StageTime[] = [];
  const runStage = async <T>(name: string, work: (stage: Stage) => Promise<T>): Promise<T> => {
    const since = output.now();
    let reused = false;
    const seconds = (): number => (output.now() - since) / 1000;
    send({ event: "stage-started", stage: name });
    try {
      const result = await work({
        detail: (text) => send({ event: "stage-detail", stage: name, text }),
        reused: () => {
          reused = true;
        },
      });
      times.push({ stage: name, seconds: seconds(), reused });
      send({ event: "stage-finished", stage: name, seconds: seconds(), reused });
      return result;
    } catch (error) {
      send({ event: "stage-failed", stage: name, seconds: seconds() });
      throw error;
    }
  };
  return { stage: runStage, note: (text) => send({ event: "note", text }), times };
};
