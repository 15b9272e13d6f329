// A control plane and a worker for software emulation: the qcow2 disks that `kimg build` makes, the seeds that `kimg render` writes, and
// probes that the seeds bring through pass-through, which say on the serial console what became of them. No preflight check is ignored.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadCluster } from "../../src/commands/check.ts";
import type { Io } from "../../src/edge/io.ts";
import { renderCluster } from "../../src/render/render.ts";
import { resolveCluster } from "../../src/resolve/resolve.ts";
import type { Machine } from "../../src/emulator/machine.ts";
import { builtDisk } from "../support/built-disk.ts";
import { testOnlySecrets } from "../support/render-case.ts";

/**
 * Emulated processors need more patience of etcd's and the controllers' elections than real ones. The probe is a unit, so that it is
 * there after a power cut too; it says each new word of the agent's report, and once the machine is a member what it has become.
 */
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
        word() { sed -n "s/^  \\"$1\\": \\"\\(.*\\)\\",*\\$/\\1/p" /var/lib/kimg/report.json 2>/dev/null; }
        say torn $(find /etc/kubernetes /var/lib/kubelet /var/lib/etcd -type f -empty -not -path '*/pods/*' 2>/dev/null)
        before=
        until [ -e /var/lib/kimg/bootstrapped ]; do
          # Not what the boot before a power cut has said.
          [ "$(word boot)" = "$(cat /proc/sys/kernel/random/boot_id)" ] || { sleep 1; continue; }
          now="$(word outcome) $(word phase): $(word reason)"
          [ "$now" = "$before" ] || say agent "$now"
          before=$now
          sleep 1
        done
        export KUBECONFIG=/etc/kubernetes/admin.conf
        say outcome $(word outcome)
        say staged $(find /etc/kimg/pki /etc/kimg/kubeadm /var/lib/cloud/seed /var/lib/cloud/instances -type f -not -path '*/sem/*' -not -name boot-finished -not -name datasource 2>/dev/null)
        say leaked $(grep -rlE 'token: "?[a-z0-9]{6}\\.[a-z0-9]{16}' /etc/kimg /var/lib/cloud /run/cloud-init 2>/dev/null)
        say failed-units $(systemctl --failed --no-legend --plain | wc -l)
        if [ -e "$KUBECONFIG" ]; then
          until [ "$(kubectl get nodes --no-headers 2>/dev/null | grep -cw Ready)" = 2 ]; do sleep 5; done
          say nodes $(kubectl get nodes -o 'jsonpath={range .items[*]}{.metadata.name}={.status.nodeInfo.kubeletVersion} {end}')
          say members $(python3 /root/members.py)
        else
          export KUBECONFIG=/etc/kubernetes/kubelet.conf
          until kubectl get node w1 --no-headers 2>/dev/null | grep -qw Ready; do sleep 5; done
          # Long enough for the other machine to see it.
          sleep 60
        fi
        say end
    - path: /root/members.py
      content: |
        import json, ssl, urllib.request
        pki = "/etc/kubernetes/pki/etcd/"
        context = ssl.create_default_context(cafile=pki + "ca.crt")
        context.load_cert_chain(pki + "healthcheck-client.crt", pki + "healthcheck-client.key")
        request = urllib.request.Request("https://127.0.0.1:2379/v3/cluster/member/list", b"{}")
        with urllib.request.urlopen(request, context=context) as answer:
            print(*(member["name"] for member in json.load(answer)["members"]))
    - path: /etc/systemd/system/probe.service
      content: |
        [Service]
        ExecStart=/bin/sh /root/probe.sh
        [Install]
        WantedBy=multi-user.target
  runcmd:
    - [systemctl, daemon-reload]
    - [systemctl, enable, --now, --no-block, probe.service]
`;

export const pairNames = ["cp1", "w1"] as const;
export type PairName = (typeof pairNames)[number];

export type Pair = Readonly<Record<PairName, Machine>>;

/** What both boots follow. */
export const milestones = {
  kernel: /Linux version/,
  "cloud-init": /Cloud-init v\. \S+ finished/,
  joined: /kimg: kubeadm (init|join): done/,
  member: /kimg: member: /,
  probed: /^PROBE end$/,
} as const;

/** Builds what is not in the cache; everything else goes into `folder`. `hub`: the socket that joins the two. */
export const makePair = async (io: Io, folder: string, hub: string): Promise<Pair> => {
  await writeFile(join(folder, "cluster.yaml"), clusterText);
  const { config, library } = await loadCluster(io, { cluster: join(folder, "cluster.yaml"), libraries: [] });
  const cluster = resolveCluster(config, library);
  const tree = renderCluster(cluster, await testOnlySecrets(cluster.name));
  const machineOf = async (name: PairName): Promise<Machine> => {
    const node = cluster.nodes.find((each) => each.name === name);
    if (node === undefined) throw new Error(`no node ${name}`);
    const seed = join(folder, `${name}.iso`);
    await writeFile(seed, tree.get(`${name}/nocloud.iso`)?.bytes ?? "");
    return {
      disk: { path: await builtDisk(io, folder, library, node), format: "qcow2" },
      seed,
      firmware: "bios",
      memory: 3072,
      wire: { socket: hub, station: pairNames.indexOf(name) },
    };
  };
  return { cp1: await machineOf("cp1"), w1: await machineOf("w1") };
};
