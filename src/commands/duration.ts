// Lengths of time as people write them on a command line, and moments as they are told.
import { UsageError } from "../diagnostic.ts";

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90m`, `8h`, `7d` → milliseconds. Throws UsageError, also for nothing at all. */
export const parseDuration = (option: string, text: string): number => {
  const match = /^(\d{1,6})([mhd])$/.exec(text);
  const milliseconds = Number(match?.[1] ?? 0) * (units[match?.[2] ?? ""] ?? 0);
  if (milliseconds > 0) return milliseconds;
  throw new UsageError(`${option} ${text} is no length of time`, "write it as 90m, 8h or 7d");
};

/** `2026-11-23 11:00 UTC`. */
export const formatMoment = (date: Date): string => `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
