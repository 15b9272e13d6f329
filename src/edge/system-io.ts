// The real outside world, put together.
import { randomBytes } from "node:crypto";
import { systemFiles } from "./files.ts";
import type { Io, Progress } from "./io.ts";
import { systemNetwork } from "./network.ts";
import { systemProcesses } from "./processes.ts";

export const systemIo = (progress: Progress, signal: AbortSignal): Io => ({
  files: systemFiles(),
  processes: systemProcesses(process.env, signal),
  network: systemNetwork(signal),
  progress,
  now: () => new Date(),
  random: (bytes) => randomBytes(bytes),
  environment: process.env,
  signal,
});
