// Machines that say no: in their report, on their console, and by having done nothing.
import type { Scene } from "./scene.ts";
import { type AgentReport, agentReport } from "./status.ts";
import { waitUntil } from "./wait.ts";

export interface Expected {
  readonly reason: RegExp;
  /** Name of the agent's phase; any when not given. */
  readonly phase?: string;
  readonly hint?: RegExp;
  /** `waiting` for what time or another machine may mend; `failed` when not given. */
  readonly outcome?: AgentReport["outcome"];
  readonly seconds: number;
}

const matches = (report: AgentReport, { reason, outcome = "failed", phase }: Expected): boolean =>
  report.outcome === outcome && reason.test(report.reason) && (phase === undefined || report.phase === phase);

/** It stands still for this reason, and says so in its report and on its console. */
export const checkSays = (scene: Scene, name: string, expected: Expected): Promise<void> =>
  scene.check(`${name} refuses, and says why`, async () => {
    const machine = scene.lab.machine(name);
    const report = await waitUntil<AgentReport>(`${name} to refuse`, expected, async () => {
      const found = await agentReport(machine);
      if (found !== undefined && matches(found, expected)) return found;
      return { missing: `it says: ${found?.phase}: ${found?.outcome}: ${found?.reason}` };
    });
    const { hint = /\S/, reason } = expected;
    if (!hint.test(report.hint)) throw new Error(`its hint is another one: ${report.hint}`);
    // The report comes first, the console's lines after it, and the hint of a wait when it has lasted for ten seconds.
    await waitUntil(`${name}'s console`, { seconds: 60 }, async () => {
      const console = await machine.lastConsole();
      if (!reason.test(console)) return { missing: "it does not say why" };
      return console.includes(report.hint) || { missing: "it gives no hint" };
    });
    return `${report.phase}: ${report.reason} (${report.hint})`;
  });

export const checkUntouched = (scene: Scene, name: string): Promise<void> =>
  scene.check(`${name} has begun nothing`, async () => {
    const made = "ls /etc/kubernetes/manifests/*.yaml /etc/kubernetes/*.conf /var/lib/etcd/member 2>/dev/null";
    const { stdout } = await scene.lab.machine(name).exec(["sh", "-c", made]);
    if (stdout !== "") throw new Error(`there is ${stdout.trim().replaceAll("\n", ", ")}`);
  });
