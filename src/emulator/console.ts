// A machine's serial console, line by line: without what a terminal acts on, and with the time at which each milestone was seen.
import { stripVTControlCharacters } from "node:util";

/** ECMA-48, 5.4. Node's own function knows those of terminals, not systemd's reset of one, nor escapes of two or three bytes. */
// oxlint-disable-next-line no-control-regex -- a console is full of them
const sequences = /\u001B\[[0-?]*[ -/]*[@-~]|\u001B(?:[()][0-9A-Za-z]|[c78])/g;
// oxlint-disable-next-line no-control-regex -- a carriage return is one of them
const controls = /[\u0000-\u0008\u000B-\u001F]/g;

/** A line of a serial console, as a person sees it. */
export const plainLine = (line: string): string =>
  stripVTControlCharacters(line.replaceAll(sequences, "")).replaceAll(controls, "").trimEnd();

/** Name → the line that it is known by. */
export type Milestones = Readonly<Record<string, RegExp>>;

export interface Watch {
  readonly seen: (line: string) => void;
  readonly console: readonly string[];
  /** Seconds since the watch began, to the tenth. */
  readonly milestones: Readonly<Record<string, number>>;
}

export interface WatchActions {
  readonly onLine?: ((line: string) => void) | undefined;
  readonly onMilestone?: ((name: string, seconds: number, line: string) => void) | undefined;
}

export const watchConsole = (
  wanted: Milestones,
  { onLine, onMilestone }: WatchActions,
  clock: () => number = () => performance.now(),
): Watch => {
  const started = clock();
  const lines: string[] = [];
  const milestones: Record<string, number> = {};
  const seen = (text: string): void => {
    const line = plainLine(text);
    lines.push(line);
    onLine?.(line);
    for (const [name, pattern] of Object.entries(wanted)) {
      if (name in milestones || !pattern.test(line)) continue;
      const seconds = Math.round((clock() - started) / 100) / 10;
      milestones[name] = seconds;
      onMilestone?.(name, seconds, line);
    }
  };
  return { seen, console: lines, milestones };
};
