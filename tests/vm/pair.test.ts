// A cluster of two machines with kernels of their own, in software emulation: a control plane and a worker from the qcow2 disks that
// `kimg build` makes and the seeds that `kimg render` writes, with no preflight check ignored. What became of them is read off their
// serial consoles: the boot agent's own lines, and probes that the seeds bring through pass-through.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCluster } from "../../src/commands/check.ts";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { defaultSupply, type Library, type Node } from "../../src/model.ts";
import { buildImage } from "../../src/pipeline.ts";
import { renderCluster } from "../../src/render/render.ts";
import { resolveCluster } from "../../src/resolve/resolve.ts";
import { type Followed, boot, extraRoom, said } from "../support/boot.ts";
import { recorded } from "../support/recorded.ts";
import { testOnlySecrets } from "../support/render-case.ts";

const io = systemIo(startProgress("lines"), new AbortController().signal);

/** Emulated processors need more patience of etcd's and the controllers' elections than real ones. */
const clusterText = `version: 1
name: pair
network: { nodes: 10.9.9.0/24, gateway: 10.9.9.1 }
nodes:
  - { name: cp1, role: master-init, address: 10.9.9.21 }
  - { name: w1, role: worker, address: 10.9.9.31 }
kubeadm:
  ClusterConfiguration:
    etcd: { local: { extraArgs: [{ name: heartbeat-interval, value: "1000" }, { name: election-timeout, value: "10000" }] } }
    controllerManager: &patient
      extraArgs:
        - { name: leader-elect-lease-duration, value: 120s }
        - { name: leader-elect-renew-deadline, value: 90s }
        - { name: leader-elect-retry-period, value: 10s }
    scheduler: *patient
cloudConfig:
  write_files:
    - path: /root/probe.sh
      content: |
        say() { echo "PROBE $*" > /dev/ttyS0; }
        export KUBECONFIG=/etc/kubernetes/admin.conf
        until [ -e /var/lib/kimg/bootstrapped ]; do sleep 2; done
        say outcome $(python3 -c 'import json; print(json.load(open("/var/lib/kimg/report.json"))["outcome"])')
        say staged $(find /etc/kimg/pki /etc/kimg/kubeadm /var/lib/cloud/seed /var/lib/cloud/instances -type f -not -path '*/sem/*' 2>/dev/null)
        say leaked $(grep -rlE 'token: "?[a-z0-9]{6}\\.[a-z0-9]{16}' /etc/kimg /var/lib/cloud /run/cloud-init 2>/dev/null)
        say failed-units $(systemctl --failed --no-legend --plain | wc -l)
        if [ -e "$KUBECONFIG" ]; then
          until [ "$(kubectl get nodes --no-headers 2>/dev/null | grep -cw Ready)" = 2 ]; do sleep 5; done
          say nodes $(kubectl get nodes -o 'jsonpath={range .items[*]}{.metadata.name}={.status.nodeInfo.kubeletVersion} {end}')
          say members $(curl -s --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/healthcheck-client.crt --key /etc/kubernetes/pki/etcd/healthcheck-client.key -d '{}' https://127.0.0.1:2379/v3/cluster/member/list | python3 -c 'import json, sys; print(*[m["name"] for m in json.load(sys.stdin)["members"]])')
        else
          export KUBECONFIG=/etc/kubernetes/kubelet.conf
          until kubectl get node w1 --no-headers 2>/dev/null | grep -qw Ready; do sleep 5; done
          # Long enough for the other machine to see it.
          sleep 120
        fi
        say end
  runcmd:
    - [systemd-run, --no-block, sh, /root/probe.sh]
`;

interface Made {
  readonly disk: string;
  readonly seed: string;
}

let folder: string;
let machines: ReadonlyMap<string, Made>;

const build = async (library: Library, { role, image }: Node): Promise<string> => {
  const kubernetes = { version: library.defaultKubernetesVersion, from: defaultSupply, mirror: undefined };
  const request = { role, image, kubernetes, architecture: "amd64", formats: ["qcow2"], epoch: 1_735_689_600 } as const;
  const cache = openCache(io, cacheFolder(io.environment));
  const built = await buildImage(io, cache, request, { output: join(folder, "images"), locked: false });
  return join(built.folder, built.artifacts[0]?.path ?? "");
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kimg-vm-"));
  await writeFile(join(folder, "cluster.yaml"), clusterText);
  const { config, library } = await loadCluster(io, { cluster: join(folder, "cluster.yaml"), libraries: [] });
  const cluster = resolveCluster(config, library);
  const tree = renderCluster(cluster, await testOnlySecrets(cluster.name));
  const made = new Map<string, Made>();
  for (const node of cluster.nodes) {
    const seed = join(folder, `${node.name}.iso`);
    await writeFile(seed, tree.get(`${node.name}/nocloud.iso`)?.bytes ?? "");
    made.set(node.name, { disk: await build(library, node), seed });
  }
  machines = made;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const milestones = {
  kernel: /Linux version/,
  "cloud-init": /Cloud-init v\. \S+ finished/,
  joined: /kimg: kubeadm (init|join): done/,
  member: /kimg: member: /,
  probed: /^PROBE end$/,
};

const power = async (name: string): Promise<Followed> => {
  const { disk, seed } = machines.get(name) ?? { disk: "", seed: "" };
  const wire = { folder: join(folder, "wire"), listens: name === "cp1" };
  const machine = {
    disk: { path: disk, format: "qcow2" as const },
    seed,
    firmware: "bios" as const,
    memory: 3072,
    wire,
  };
  const booted = await boot(io, machine, milestones, { until: "probed", seconds: 2_400 });
  io.progress.note(`${name}: ${JSON.stringify(booted.milestones)}`);
  if (!booted.reached) throw new Error(`${name} not there in time:\n${booted.console.slice(-80).join("\n")}`);
  return booted;
};

describe("a control plane and a worker, powered on together", () => {
  let followed: Readonly<Record<string, Followed>>;

  beforeAll(async () => {
    const files = [...machines.values()].flatMap(({ disk, seed }) => [disk, seed]);
    const digests = await Promise.all(files.map(async (path) => (await io.files.sha256(path)).sha256));
    const input = { digests, extraRoom, patterns: Object.values(milestones).map(String) };
    followed = await recorded(io, "vm", input, async () => {
      await mkdir(join(folder, "wire"));
      const [cp1, w1] = await Promise.all([power("cp1"), power("w1")]);
      return { cp1, w1 };
    });
  });

  it("become one cluster, both nodes Ready", () => {
    const { nodes = "", members } = followed["cp1"] === undefined ? {} : said(followed["cp1"]);
    expect(nodes.split(" ").map((node) => node.split("=")[0])).toEqual(["cp1", "w1"]);
    expect(members).toBe("cp1");
  });

  it.each(["cp1", "w1"])("%s has sealed itself: sentinel, report, and nothing staged is left", (name) => {
    const node = followed[name];
    expect(node && said(node)).toMatchObject({ outcome: "done", staged: "", leaked: "", "failed-units": "0" });
  });

  it.each(["cp1", "w1"])("%s needed no second attempt", (name) => {
    expect(followed[name]?.console.filter((line) => line.includes("kimg: FAILED"))).toEqual([]);
  });
});
