// The worker image, built and booted with a rendered seed, under BIOS and UEFI in software emulation. What it became is read off the
// serial console: the boot's own lines, and a probe that the seed brings through pass-through.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCluster } from "../../src/commands/check.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { renderCluster } from "../../src/render/render.ts";
import { resolveCluster } from "../../src/resolve/resolve.ts";
import { extraRoom, type Followed, said } from "../support/boot.ts";
import { builtDisk } from "../support/built-disk.ts";
import { bootRecorded } from "../support/recorded-boot.ts";
import { testOnlySecrets } from "../support/render-case.ts";

const io = systemIo(startProgress("lines"), new AbortController().signal);
/** Another one is booted by its name: KIMG_TEST_IMAGE=debian-12. */
const imageName = process.env["KIMG_TEST_IMAGE"] ?? "debian-13";
let folder: string;
let disk: string;
let seed: string;

/** Nobody is at the endpoint: the network of the emulator leads nowhere. */
const clusterText = `version: 1
name: boot
endpoint: { host: 10.0.2.100 }
network: { nodes: 10.0.2.0/24 }
image: ${imageName}
nodes:
  - { name: cp1, role: master-init, address: 10.0.2.21 }
pools:
  - { name: workers, role: worker }
cloudConfig:
  write_files:
    - path: /run/probe.sh
      content: |
        say() { echo "PROBE $*" > /dev/ttyS0; }
        cloud-init status --wait > /dev/null
        say cloud-init $(cloud-init status | head -n 1)
        say cloud-init-errors $(cloud-init status --format json | python3 -c 'import json, sys; s = json.load(sys.stdin); print(s["errors"], s.get("recoverable_errors", {}))')
        until journalctl -u kimg-agent.service | grep -q 'waiting for https://'; do sleep 2; done
        say containerd $(systemctl is-active containerd.service)
        say kubelet $(systemctl show -P ActiveState -P ConditionResult kubelet.service)
        say agent $(systemctl is-active kimg-agent.service)
        say failed-units $(systemctl --failed --no-legend --plain | wc -l)
        say system $(systemctl is-system-running)
        say images $(ctr -n k8s.io images ls -q | grep -v sha256)
        say firmware $([ -d /sys/firmware/efi ] && echo uefi || echo bios)
        say root-size $(($(df --output=size -BM / | tail -n 1 | tr -d 'M ') / 1024))
        say seed-modes $(stat -c '%a' /etc/kimg/node.json /etc/kimg/kubeadm/join.yaml)
        say phase $(python3 -c 'import json; print(json.load(open("/var/lib/kimg/report.json"))["outcome"])')
        say end
  runcmd:
    - [systemd-run, --no-block, sh, /run/probe.sh]
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kimg-boot-"));
  await writeFile(join(folder, "cluster.yaml"), clusterText);
  const { config, library } = await loadCluster(io, { cluster: join(folder, "cluster.yaml"), libraries: [] });
  const cluster = resolveCluster(config, library);
  const tree = renderCluster(cluster, await testOnlySecrets(cluster.name));
  const workers = cluster.nodes.find(({ name }) => name === "workers");
  if (workers === undefined) throw new Error("no workers");
  seed = join(folder, "nocloud.iso");
  await writeFile(seed, tree.get("workers/nocloud.iso")?.bytes ?? "");
  disk = await builtDisk(io, folder, library, workers);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const milestones = {
  kernel: /Linux version/,
  "cloud-init": /Cloud-init v\. \S+ finished/,
  waiting: /kimg: waiting for https:\/\/10\.0\.2\.100:6443: /,
  probed: /^PROBE end$/,
};

/** cloud-init says both of these on the console, and little else in capitals. */
const complaints = ({ console: lines }: Followed): string[] =>
  lines.filter((line) => !line.startsWith("PROBE ") && /cloud-init.*(WARNING|ERROR|Traceback|failed)/i.test(line));

describe.each(["bios", "uefi"] as const)("a worker that boots from %s", (firmware) => {
  let followed: Followed;

  beforeAll(async () => {
    const machine = { disk: { path: disk, format: "qcow2" as const }, seed, firmware };
    const [diskDigest, seedDigest] = await Promise.all([disk, seed].map((path) => io.files.sha256(path)));
    const contents = { disk: diskDigest?.sha256 ?? "", seed: seedDigest?.sha256 ?? "" };
    followed = await bootRecorded(io, { machine, milestones, until: "probed", contents });
  });

  it("says what it waits for on the console", () => {
    expect(followed.reached, "the probe's end was not seen in time").toBe(true);
    expect(Object.keys(followed.milestones).toSorted()).toEqual(Object.keys(milestones).toSorted());
    expect(said(followed)).toMatchObject({ agent: "active", phase: "waiting" });
  });

  it("ends cloud-init without error or warning", () => {
    expect(said(followed)).toMatchObject({ "cloud-init": "status: done", "cloud-init-errors": "[] {}" });
    expect(complaints(followed)).toEqual([]);
  });

  it("runs containerd with the role's images, and a kubelet that waits for its configuration", () => {
    const { containerd, kubelet, images = "" } = said(followed);
    expect(containerd).toBe("active");
    expect(kubelet?.split(" ").toSorted()).toEqual(["inactive", "no"]);
    for (const name of ["pause", "kube-proxy", "coredns/coredns", "flannel"]) expect(images).toContain(`/${name}:`);
  });

  it("has no failed unit, its own firmware, a private seed and a root as large as its disk", () => {
    expect(said(followed)).toMatchObject({ "failed-units": "0", system: "running", firmware, "seed-modes": "600 600" });
    expect(Number(said(followed)["root-size"])).toBeGreaterThanOrEqual(7 + extraRoom);
  });
});
