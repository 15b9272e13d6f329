// What a cluster.yaml for emulated machines has beside its nodes: more patience than real processors need, and a probe that says on the
// serial console what became of the machine. No preflight check is ignored.

/** Emulated processors need more patience of etcd's and the controllers' elections than real ones. */
const patience = `kubeadm:
  ClusterConfiguration:
    etcd: { local: { extraArgs: [{ name: heartbeat-interval, value: "1000" }, { name: election-timeout, value: "10000" }] } }
    controllerManager: &patient
      extraArgs:
        - { name: leader-elect-lease-duration, value: 120s }
        - { name: leader-elect-renew-deadline, value: 90s }
        - { name: leader-elect-retry-period, value: 10s }
    scheduler: *patient
`;

/** A unit, so that it is there after a power cut too; it says each new word of the agent's report, and then what the machine has become. */
const probe = (finding: string): string => `cloudConfig:
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
${finding.replaceAll(/^(?=.)/gm, "        ")}        say end
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

/**
 * The end of a cluster.yaml. `finding`: lines of shell that run on each machine once it is a member, with `say KEY WORDS…`, with kubectl
 * as the administrator on masters, and with /root/members.py, which prints the names of etcd's members.
 */
export const emulated = (finding: string): string => `${patience}${probe(finding)}`;

/** What a boot is followed by. */
export const milestones = {
  kernel: /Linux version/,
  "cloud-init": /Cloud-init v\. \S+ finished/,
  joined: /kimg: kubeadm (init|join): done/,
  member: /kimg: member: /,
  probed: /^PROBE end$/,
} as const;
