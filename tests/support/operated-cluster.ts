// A folder with a cluster.yaml and its trust, and a cluster in memory that answers: for tests of the operator's commands.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Io } from "../../src/edge/io.ts";
import type { Secrets } from "../../src/model.ts";
import { parseSecrets, printSecrets } from "../../src/secrets/document.ts";
import { controlPlanePod, type FakeApi, fakeApi, node } from "./fake-api.ts";
import { testOnlySecrets } from "./render-case.ts";
import { withScratch } from "./scratch.ts";

export const operatedText = `# ours
version: 1
name: prod
kubernetes: { version: 1.37.2 }
endpoint: { host: 10.0.0.10 }
network: { nodes: 10.0.0.0/24, gateway: 10.0.0.1, dns: [10.0.0.2] }
nodes:
  - { name: lb1, role: haproxy, address: 10.0.0.10 }
  - { name: cp1, role: master-init, address: 10.0.0.21 }
  - { name: cp2, role: master-join, address: 10.0.0.22 }
  - { name: cp3, role: master-join, address: 10.0.0.23 }
  - { name: w1, role: worker, address: 10.0.0.31 }
`;

export interface Operated {
  readonly fake: FakeApi;
  readonly io: Io;
  readonly folder: string;
  readonly cluster: string;
  /** What every command takes. */
  readonly common: {
    readonly cluster: string;
    readonly libraries: readonly string[];
    readonly output: string;
    readonly json: boolean;
  };
  /** Said beside the results. */
  readonly notes: readonly string[];
  readonly secrets: () => Promise<Secrets>;
  /** A file of a seed, to read. */
  readonly seed: (path: string) => Promise<string>;
}

const masters = ["cp1", "cp2", "cp3"];

const standing = ({ objects, members }: FakeApi): void => {
  const nodes = [...masters.map((name) => node(name, { master: true })), node("w1")];
  objects.set("/api/v1/nodes", { items: nodes });
  objects.set("/api/v1/namespaces/kube-system/pods", { items: masters.map((name) => controlPlanePod("etcd", name)) });
  objects.set("/apis/apps/v1/namespaces/kube-system/deployments/coredns", {
    spec: { replicas: 2 },
    status: { readyReplicas: 2 },
  });
  objects.set("/readyz", { ok: true });
  members.push(
    ...masters.map((name, index) => ({
      ID: String(11 + index),
      name,
      peerURLs: [`https://10.0.0.2${index + 1}:2380`],
      clientURLs: [`https://10.0.0.2${index + 1}:2379`],
    })),
  );
};

/** Runs `use` with a cluster that is healthy. */
export const withOperated =
  (use: (operated: Operated) => Promise<void>, text = operatedText) =>
  (): Promise<void> =>
    withScratch(async ({ io: real, folder }) => {
      const cluster = join(folder, "cluster.yaml");
      const file = join(folder, "cluster.secrets.yaml");
      await writeFile(cluster, text);
      await writeFile(file, printSecrets(await testOnlySecrets("prod")), { mode: 0o600 });
      const notes: string[] = [];
      const progress = { ...real.progress, note: (note: string) => void notes.push(note) };
      const fake = fakeApi({ ...real, environment: {}, progress });
      standing(fake);
      await use({
        fake,
        io: fake.io,
        folder,
        cluster,
        notes,
        common: { cluster, libraries: [], output: join(folder, "build"), json: false },
        secrets: async () => parseSecrets(await real.files.readText(file), file),
        seed: (path) => real.files.readText(join(folder, "build/prod", path)),
      });
    });
