// What is kept of a case for whoever asks why: consoles always; journals, reports and pods when it failed.
import { join } from "node:path";
import { kubectl } from "./kubernetes.ts";
import type { Lab } from "./lab.ts";
import type { Machine } from "./machine.ts";

const journal = ["journalctl", "--no-pager", "--output=short-precise"];

const shown: Readonly<Record<string, readonly string[]>> = {
  "agent.log": [...journal, "--unit=kimg-agent.service"],
  "kubelet.log": [...journal, "--unit=kubelet.service", "--lines=300"],
  "report.json": ["cat", "/var/lib/kimg/report.json"],
  "units.txt": ["systemctl", "--no-pager", "list-units", "--all"],
  "network.txt": ["sh", "-c", "ip address; ip route; ip neighbour"],
};

const evidenceOf = async ({ io }: Lab, machine: Machine, folder: string): Promise<void> => {
  if (!(await machine.isRunning())) return;
  for (const [name, argv] of Object.entries(shown)) {
    const { stdout, stderr } = await machine.exec(argv);
    await io.files.write(join(folder, `${machine.name}-${name}`), stdout + stderr);
  }
};

/** Never fails a case by itself: a lab that is broken cannot be asked everything. */
export const keepEvidence = async (lab: Lab, folder: string, result: "passed" | "failed"): Promise<void> => {
  const { files } = lab.io;
  await files.remove(folder);
  for (const machine of lab.machines) {
    const text = await machine.console().catch(() => "");
    if (text !== "") await files.write(join(folder, `${machine.name}-console.log`), text);
    if (result === "failed") await evidenceOf(lab, machine, folder).catch(() => {});
  }
  if (result === "passed") return;
  const pods = await kubectl(lab, ["get", "nodes,pods", "--all-namespaces", "--output=wide"]).catch(String);
  await files.write(join(folder, "cluster.txt"), typeof pods === "string" ? pods : pods.stdout);
};
