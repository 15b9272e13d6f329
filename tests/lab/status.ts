// What each machine is doing, in words: its power, and what its agent's report says.
import { join } from "node:path";
import { formatSize, formatTable } from "../../src/commands/words.ts";
import type { Io } from "../../src/edge/io.ts";
import type { Lab } from "./lab.ts";
import type { Machine } from "./machine.ts";

/** Fields of /var/lib/kimg/report.json (images/agent/README.md) that the lab looks at. */
export interface AgentReport {
  readonly node: string;
  readonly role: string;
  readonly phase: string;
  readonly outcome: "running" | "waiting" | "failed" | "ready" | "done";
  readonly reason: string;
  readonly hint: string;
  /** ISO 8601, whole seconds: when the phase began, and when this was written. */
  readonly since: string;
  readonly updated: string;
}

/** Undefined while the machine is off, or its agent has not begun. */
export const agentReport = async (machine: Machine): Promise<AgentReport | undefined> => {
  if (!(await machine.isRunning())) return undefined;
  const { code, stdout } = await machine.exec(["cat", "/var/lib/kimg/report.json"]);
  return code === 0 ? (JSON.parse(stdout) as AgentReport) : undefined;
};

/** The same from outside: also of a machine that is off, and without asking the machine. */
export const reportOnDisk = async (
  { files }: Pick<Io, "files">,
  machine: Machine,
): Promise<AgentReport | undefined> => {
  const path = join(machine.disk.upper, "var/lib/kimg/report.json");
  if ((await files.status(path)) === undefined) return undefined;
  return JSON.parse(await files.readText(path)) as AgentReport;
};

/** All that its agent has said since it got its disk. */
export const agentJournal = async (machine: Machine): Promise<string> =>
  (await machine.exec(["journalctl", "--unit=kimg-agent.service", "--output=cat"])).stdout;

const row = async (machine: Machine): Promise<string[]> => {
  if (!(await machine.isRunning())) return ["", machine.name, "off"];
  const report = await agentReport(machine);
  const said = report === undefined ? ["", "", "no report yet"] : [report.phase, report.outcome, report.reason];
  return ["", machine.name, formatSize(await machine.memory()), ...said];
};

export const describeStatus = async ({ machines }: Lab): Promise<string> =>
  formatTable(await Promise.all(machines.map(row)));
