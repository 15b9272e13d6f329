// What each agent said and when, from the journals: the times per phase of a report.
import type { Lab } from "./lab.ts";
import type { Machine } from "./machine.ts";

export interface Said {
  /** Seconds after the case began. */
  readonly at: number;
  readonly text: string;
}

/** systemd.journal-fields(7); the text is bytes when it is not all printable. */
type JournalEntry = Readonly<Record<string, string | readonly number[] | null>>;

const microseconds = (entry: JournalEntry): number => Number(entry["__REALTIME_TIMESTAMP"]);

const journal = ["journalctl", "--unit=kimg-agent.service", "--output=json", "--output-fields=MESSAGE", "--no-pager"];

const textOf = ({ MESSAGE: message }: JournalEntry): string =>
  typeof message === "string" ? message : Buffer.from(message ?? []).toString();

/** Lines that only say how long it waits already would fill pages. */
const isProgress = (text: string): boolean => text.endsWith(" so far)");

const saidBy = async (machine: Machine, begun: Date): Promise<readonly Said[]> => {
  if (!(await machine.isRunning())) return [];
  const { stdout } = await machine.exec(journal);
  const entries = stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as JournalEntry);
  return entries
    .filter((entry) => textOf(entry).startsWith("kimg: "))
    .map((entry) => ({
      at: Math.round(microseconds(entry) / 100_000 - begun.getTime() / 100) / 10,
      text: textOf(entry).slice("kimg: ".length),
    }))
    .filter(({ at, text }) => at >= 0 && !isProgress(text));
};

export type Timeline = Readonly<Record<string, readonly Said[]>>;

export const timeline = async (lab: Lab, begun: Date): Promise<Timeline> => {
  const all = lab.machines.map(
    async (machine) => [machine.name, await saidBy(machine, begun).catch(() => [])] as const,
  );
  return Object.fromEntries(await Promise.all(all));
};
