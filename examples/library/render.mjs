// Renders the seeds of a cluster that is described by the program itself, and lists them.
import { check, makeSecrets, render } from "kimg";

const cluster = {
  version: 1,
  name: "demo",
  network: { nodes: "10.0.0.0/24", gateway: "10.0.0.1", dns: ["10.0.0.2"] },
  nodes: [{ name: "cp1", role: "master-init", address: "10.0.0.21" }],
  pools: [{ name: "workers", role: "worker", count: 3 }],
};

const { diagnostics } = await check(cluster);
for (const { severity, code, message } of diagnostics) console.log(`${severity}[${code}]: ${message}`);

const { files } = await render(cluster, { secrets: await makeSecrets("demo") });
for (const [path, { bytes }] of files) {
  if (path.endsWith("user-data")) console.log(`${path}: ${bytes.length} bytes`);
}
