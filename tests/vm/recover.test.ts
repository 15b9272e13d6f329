// `kimg recover` on a machine with a kernel of its own: a fresh disk, the seed with the order to begin again, and the snapshot on
// recovery.iso, which udev finds by its label. The snapshot is of upstream's own etcd and API server.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kubeconfig } from "../../src/commands/kubeconfig.ts";
import { recover } from "../../src/commands/recover.ts";
import { secrets } from "../../src/commands/secrets.ts";
import { loadTrustedCluster, type TrustedCluster } from "../../src/commands/trusted-cluster.ts";
import { readLibrary } from "../../src/commands/check.ts";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import type { Machine } from "../../src/emulator/machine.ts";
import { renderCluster } from "../../src/render/render.ts";
import { type Followed, boot, said } from "../support/boot.ts";
import { builtDisk } from "../support/built-disk.ts";
import { startControlPlane } from "../support/control-plane.ts";
import { suppliedPrograms } from "../support/supplied-programs.ts";
import { emulated, milestones } from "./emulated.ts";

const io = systemIo(startProgress("lines"), new AbortController().signal);

const finding = `say kept $(kubectl get configmap kept -o 'jsonpath={.data.written}')
say nodes $(kubectl get nodes -o name)
say members $(python3 /root/members.py)
say restored $(ls /run/kimg-recovery 2>/dev/null)
`;

const clusterText = `version: 1
name: lost
clusterState: existing
network: { nodes: 10.9.9.0/24, gateway: 10.9.9.1 }
nodes:
  - { name: cp1, role: master-init, address: 10.9.9.21 }
${emulated(finding)}`;

const master = { name: "cp1", address: "127.0.0.31" } as const;

let folder: string;
let options: { readonly cluster: string; readonly libraries: readonly string[]; readonly json: boolean };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kimg-recover-"));
  options = { cluster: join(folder, "cluster.yaml"), libraries: [], json: false };
  await writeFile(options.cluster, clusterText);
  await secrets(io, options);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What `etcdctl snapshot save` writes, by the gateway of etcd: lines of JSON, each with a piece. */
const savedSnapshot = async (pki: string): Promise<Buffer> => {
  const pem = (name: string) => io.files.readText(join(pki, "etcd", name));
  const answer = await io.network.call({
    ...{ method: "POST", url: `https://${master.address}:2379/v3/maintenance/snapshot`, body: "{}" },
    ...{ authority: await pem("ca.crt"), certificate: await pem("healthcheck-client.crt") },
    key: await pem("healthcheck-client.key"),
  });
  if (answer.kind !== "answer" || answer.status !== 200) throw new Error(JSON.stringify(answer));
  const pieces = answer.body.trim().split("\n");
  return Buffer.concat(
    pieces.map((line) => {
      const { result } = JSON.parse(line) as { readonly result: { readonly blob?: string } };
      return Buffer.from(result.blob ?? "", "base64");
    }),
  );
};

/** Of a cluster with this trust, which is gone afterwards. */
const takeSnapshot = async ({ cluster, secrets: trust }: TrustedCluster): Promise<string> => {
  const names = ["etcd", "kube-apiserver", "kube-controller-manager", "kubeadm", "kubectl"] as const;
  const programs = await suppliedPrograms(io, openCache(io, cacheFolder(io.environment)), names);
  const tree = renderCluster(cluster, trust);
  const access = (server: string) =>
    kubeconfig(io, { ...options, server, user: "root", groups: ["system:masters"], ttl: "1h" });
  const plane = await startControlPlane(io, folder, programs, tree, [master], access);
  try {
    await plane.run("kubectl", "create", "configmap", "kept", "--from-literal=written=before");
    const snapshot = join(folder, "snapshot.db");
    await writeFile(snapshot, await savedSnapshot(plane.pki));
    return snapshot;
  } finally {
    await plane.stop();
  }
};

describe("a master with a fresh disk and what kimg recover wrote", () => {
  let followed: Followed;

  beforeAll(async () => {
    const trusted = await loadTrustedCluster(io, options);
    const snapshot = await takeSnapshot(trusted);
    const output = join(folder, "build");
    // Nobody is there, which is as it must be.
    const order = { node: master.name, snapshot, ttl: "2h", dryRun: false, yes: true, server: "https://127.0.0.1:1" };
    io.progress.note(await recover(io, { ...options, output, ...order }));
    const [node] = trusted.cluster.nodes;
    if (node === undefined) throw new Error("no node");
    const seeds = join(output, trusted.cluster.name, master.name);
    const machine: Machine = {
      disk: { path: await builtDisk(io, folder, await readLibrary(io, []), node), format: "qcow2" },
      seed: join(seeds, "nocloud.iso"),
      drives: [join(seeds, "recovery.iso")],
      firmware: "bios",
      memory: 3072,
    };
    followed = await boot(io, machine, milestones, { until: "probed", seconds: 2_400 });
    io.progress.note(JSON.stringify(followed.milestones));
    if (!followed.reached) throw new Error(`not there in time:\n${followed.console.slice(-80).join("\n")}`);
  });

  it("has what was in the snapshot", () => {
    expect(said(followed)).toMatchObject({ kept: "before", nodes: "node/cp1", members: "cp1" });
  });

  it("has sealed itself; nothing staged is left, and the drive is let go", () => {
    const wanted = { outcome: "done", staged: "", leaked: "", restored: "", "failed-units": "0" };
    expect(said(followed)).toMatchObject(wanted);
  });
});
