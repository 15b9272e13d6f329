// `kimg check --with-programs`: real kubeadm and real cloud-init, of both suites, and the places in cluster.yaml that they lead back to.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { check } from "../../src/commands/check.ts";
import { DiagnosticError, formatPath } from "../../src/diagnostic.ts";
import { withScratch } from "../support/scratch.ts";

/** `^` marks what is wrong; each line has at most one. */
const wrong = `version: 1
name: tuned
network: { nodes: 10.9.0.0/24, gateway: 10.9.0.1, dns: [10.9.0.2] }
kubeadm:
  ClusterConfiguration:
    apiServer:
      certSANs: ^[api.example.org, "foo bar"]
      extraArgs: [{ name: a, value: "3" }]
    featureGates: ^{ Nope: true }
kubelet:
  ^maxPodss: 200
kubeProxy: { conntrack: { min: ^lots } }
cloudConfig:
  timezone: ^3
  write_files:
    - { path: /etc/motd, content: x }
    - { path: /etc/other, content: ^[] }
roles:
  worker:
    kubelet: { maxPods: ^many }
    cloudConfig:
      ntp: { servers: ^x }
nodes:
  - { name: cp1, role: master-init, address: 10.9.0.21 }
  - name: w1
    role: worker
    image: debian-12
    address: 10.9.0.31
    cloudConfig:
      mounts:
        - [/dev/sdb, /data]
        - ^[]
pools:
  - name: more
    role: worker
    count: 2
    kubeadm: { JoinConfiguration: { nodeRegistration: { ^taint: [] } } }
`;

const marks = (text: string): readonly string[] =>
  text.split("\n").flatMap((line, index) => (line.includes("^") ? [`${index + 1}:${line.indexOf("^") + 1}`] : []));

const run = async (text: string): Promise<string | DiagnosticError> => {
  let outcome: string | DiagnosticError = "";
  await withScratch(async ({ io, folder }) => {
    const cluster = join(folder, "cluster.yaml");
    await writeFile(cluster, text);
    try {
      outcome = await check(io, { cluster, libraries: [], format: "text", programs: true });
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      outcome = error;
    }
  });
  return outcome;
};

describe("kubeadm and cloud-init", () => {
  it("refuse each field at its place in cluster.yaml, and all at once", async () => {
    const outcome = await run(wrong.replaceAll("^", ""));
    const { diagnostics } = outcome as DiagnosticError;
    const found = diagnostics.map(({ location }) => `${location?.line}:${location?.column}`);
    expect(found, diagnostics.map(({ message, path }) => `${formatPath(path ?? [])}: ${message}`).join("\n")).toEqual(
      marks(wrong),
    );
    for (const { code } of diagnostics) expect(code).toMatch(/^program\/(?:kubeadm|cloud-init)$/);
  });

  it("take what is right, with every kind of pass-through", async () => {
    const right = await run(`version: 1
name: tuned
network: { nodes: 10.9.0.0/24, gateway: 10.9.0.1, dns: [10.9.0.2] }
kubeadm: { ClusterConfiguration: { apiServer: { certSANs: [api.example.org] } } }
kubelet: { maxPods: 200, evictionHard: { memory.available: 200Mi } }
kubeProxy: { mode: iptables }
cloudConfig: { timezone: Europe/Berlin, users: [default, { name: ops, lock_passwd: true }] }
roles: { worker: { kubelet: { maxPods: 110 }, cloudConfig: { ntp: { servers: [ntp.example.org] } } } }
nodes: [{ name: cp1, role: master-init, address: 10.9.0.21 }]
pools: [{ name: workers, role: worker, count: 2 }]
`);
    expect(right).toMatch(/is right: cluster tuned/);
  });
});
