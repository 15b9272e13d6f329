import { expect, it } from "vitest";
import { shippedFolder } from "../../content.ts";
import { startProgress } from "../../edge/progress.ts";
import { systemIo } from "../../edge/system-io.ts";
import { loadLibrary } from "../../library/index.ts";
import { checkConfig } from "../index.ts";

const cluster = `version: 1
name: prod
endpoint: { host: api.example.org }
network: { nodes: 10.0.0.0/24, gateway: 10.0.0.1, dns: [10.0.0.2] }
nodes:
  - { name: cp1, role: master-init, address: 10.0.0.21 }
  - { name: empty, role: base, address: 10.0.0.31 }
`;

it("refuses a node of a role that only images are made of, where it is named", async () => {
  const io = systemIo(startProgress("quiet"), new AbortController().signal);
  const { library } = await loadLibrary(io, [shippedFolder]);
  const { diagnostics } = checkConfig(cluster, "cluster.yaml", library);
  expect(diagnostics.map(({ code, location }) => [code, location?.line, location?.column])).toEqual([
    ["node/no-node-role", 7, 26],
  ]);
});
