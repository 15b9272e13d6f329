// What control planes do for themselves, by their timers: certificates before they end, snapshots of etcd.
import { checkFormed } from "../formed.ts";
import { etcdctl, masters } from "../kubernetes.ts";
import type { Lab } from "../lab.ts";
import { checkOutage } from "../outage-check.ts";
import type { Case, Scene } from "../scene.ts";
import { waitUntil } from "../wait.ts";

const onMaster = async (lab: Lab, name: string, argv: readonly string[]): Promise<string> =>
  (await lab.machine(name).exec(argv, { accept: [0], seconds: 120 })).stdout;

/** As the timers of all of them would at the same moment. */
const startUnit = async (lab: Lab, unit: string): Promise<void> => {
  await Promise.all(masters(lab).map((name) => onMaster(lab, name, ["systemctl", "start", "--no-block", unit])));
};

const day = 86_400_000;

/** As `openssl x509` takes it: YYYYMMDDHHMMSSZ. */
const timeText = (milliseconds: number): string =>
  `${new Date(milliseconds).toISOString().replaceAll(/[-:T]|\..*/g, "")}Z`;

/** Signs them anew, with another time of validity and everything else as it was. Openssl complains that they are no authorities. */
const signAnew = `set -eu
cd /etc/kubernetes/pki
sign() {
  openssl x509 -in "$2.crt" -CA "$1.crt" -CAkey "$1.key" -not_before "$from" -not_after "$to" -out "$2.new" 2>/dev/null
  mv "$2.new" "$2.crt"
}
from=$1 to=$2
for name in apiserver apiserver-kubelet-client; do sign ca "$name"; done
for name in apiserver-etcd-client etcd/server etcd/peer etcd/healthcheck-client; do sign etcd/ca "$name"; done
sign front-proxy-ca front-proxy-client`;

/** Nobody can move the machines' clocks: what is moved is the certificates' year. */
const ageCertificates = async (lab: Lab, daysLeft: number): Promise<void> => {
  const end = lab.io.now().getTime() + daysLeft * day;
  for (const name of masters(lab)) {
    await onMaster(lab, name, ["sh", "-c", signAnew, "sh", timeText(end - 365 * day), timeText(end)]);
  }
};

interface Expirations {
  /** A master that joined has no super-admin.conf: it is `missing`. */
  readonly certificates: readonly { readonly missing: boolean; readonly expirationDate: string }[];
}

/** When the first of a master's certificates ends, in milliseconds since 1970. */
const firstEnd = async (lab: Lab, name: string): Promise<number> => {
  const shown = await onMaster(lab, name, ["kubeadm", "certs", "check-expiration", "--output=json"]);
  const { certificates } = JSON.parse(shown) as Expirations;
  return Math.min(
    ...certificates.filter(({ missing }) => !missing).map(({ expirationDate }) => new Date(expirationDate).getTime()),
  );
};

interface Renewal {
  readonly name: string;
  /** Seconds since 1970. */
  readonly begun: number;
  readonly ended: number;
}

/** From the journal: `1795409640.123456 m1 kimg-agent[1]: kimg: certificate ...`. */
const renewalOf = async (lab: Lab, name: string): Promise<Renewal | undefined> => {
  const journal = ["journalctl", "--unit=kimg-certificates.service", "--output=short-unix", "--no-pager"];
  const lines = (await onMaster(lab, name, journal)).split("\n");
  const at = (text: RegExp): number => Number(lines.findLast((line) => text.test(line))?.split(" ")[0] ?? 0);
  const [begun, ended] = [at(/kimg: certificate \S+: ends in/), at(/kimg: certificates renewed/)];
  return ended > begun ? { name, begun, ended } : undefined;
};

const checkOneAtATime = ({ lab, check }: Scene): Promise<void> =>
  check("one master after the other", async () => {
    // The last one's certificates are there before its programs have started anew.
    const renewals = await waitUntil<Renewal[]>("every master to say that it is done", { seconds: 180 }, async () => {
      const found = await Promise.all(masters(lab).map((name) => renewalOf(lab, name)));
      const ended = found.filter((one) => one !== undefined).toSorted((a, b) => a.ended - b.ended);
      return ended.length === found.length ? ended : { missing: `only ${ended.map(({ name }) => name).join(", ")}` };
    });
    // Each says what it found before it waits for its turn: its work lasts from the end of the one before to its own.
    const gaps = renewals.map(({ ended }, index) => ended - (renewals[index - 1]?.ended ?? ended - settle));
    if (Math.min(...gaps) < settle) throw new Error(`${Math.min(...gaps).toFixed(0)} s apart`);
    return renewals
      .map(({ name, ended }) => `${name} at ${new Date(ended * 1000).toISOString().slice(11, 19)}`)
      .join(", ");
  });

/** Seconds that a master keeps its turn after its last restart (images/agent/kimg_agent/maintenance/renewal.py). */
const settle = 30;

const untilRenewed = (lab: Lab): Promise<unknown> =>
  waitUntil("every master's certificates to be renewed", { seconds: 1200, every: 5 }, async () => {
    const ends = await Promise.all(masters(lab).map((name) => firstEnd(lab, name)));
    const old = masters(lab).filter((_, index) => (ends[index] ?? 0) < lab.io.now().getTime() + 300 * day);
    return old.length === 0 || { missing: old.join(", ") };
  });

export const certificates: Case = {
  name: "certificates",
  does: "Brings the end of all masters' certificates to within 20 days, and starts their timers' work at the same moment",
  endsIn: "renewed, one master at a time, API never unreachable",
  inTest: false,
  from: "formed",
  leaves: "formed",
  run: async (scene) => {
    const { lab } = scene;
    await ageCertificates(lab, 20);
    const since = lab.io.now();
    await checkOutage(scene, 5, async () => {
      await startUnit(lab, "kimg-certificates.service");
      await untilRenewed(lab);
    });
    await checkOneAtATime(scene);
    await scene.check("etcd and the API servers have started anew", async () => {
      for (const name of masters(lab)) {
        const started = await onMaster(lab, name, [
          "sh",
          "-c",
          "stat --format=%Y /proc/$(pidof kube-apiserver) /proc/$(pidof etcd)",
        ]);
        const old = started
          .trim()
          .split("\n")
          .filter((at) => Number(at) * 1000 < since.getTime());
        if (old.length > 0) throw new Error(`not on ${name}`);
      }
    });
    await checkFormed(scene);
  },
};

interface EndpointStatus {
  readonly Status: { readonly header: { readonly member_id: number }; readonly leader: number };
}

const isLeader = async (lab: Lab, name: string): Promise<boolean> => {
  const { stdout } = await etcdctl(lab, name, ["endpoint", "status", "--write-out=json"]);
  const [status] = JSON.parse(stdout) as readonly EndpointStatus[];
  return status !== undefined && status.Status.header.member_id === status.Status.leader;
};

const snapshotsOf = async (lab: Lab, name: string): Promise<readonly string[]> => {
  const found = await onMaster(lab, name, ["sh", "-c", "ls /var/lib/kimg/snapshots 2>/dev/null || true"]);
  return found.split("\n").filter(Boolean);
};

/** The timers have had their own time before, with another leader perhaps. */
const forgetSnapshots = async (lab: Lab): Promise<void> => {
  const script = "systemctl stop kimg-snapshot.timer kimg-snapshot.service; rm -rf /var/lib/kimg/snapshots";
  await Promise.all(masters(lab).map((name) => onMaster(lab, name, ["sh", "-euc", script])));
};

export const snapshots: Case = {
  name: "snapshots",
  does: "Takes the snapshots of all masters away, and starts the work of their timers",
  endsIn: "the leader has a snapshot that was restored once, and nobody else has",
  inTest: false,
  from: "formed",
  leaves: "formed",
  run: async (scene) => {
    const { lab } = scene;
    await forgetSnapshots(lab);
    const since = `--since=@${Math.floor(lab.io.now().getTime() / 1000)}`;
    await startUnit(lab, "kimg-snapshot.service");
    await scene.check("etcd's leader has taken and restored one", async () => {
      const taken = await waitUntil("a snapshot", { seconds: 180, every: 2 }, async () => {
        for (const name of masters(lab)) {
          const files = await snapshotsOf(lab, name);
          if (files.some((file) => file.endsWith(".db"))) return { name, files };
        }
        return false;
      });
      if (!(await isLeader(lab, taken.name))) throw new Error(`${taken.name} is not the leader`);
      if (taken.files.length !== 1) throw new Error(`there is more: ${taken.files.join(", ")}`);
      const journal = await onMaster(lab, taken.name, [
        "journalctl",
        "--unit=kimg-snapshot.service",
        "--output=cat",
        since,
      ]);
      if (!/snapshot of etcd taken and restored/.test(journal)) throw new Error("it was not restored");
      return `${taken.name}: ${taken.files[0]}`;
    });
    await scene.check("the others leave it to the leader", async () => {
      const having = await Promise.all(masters(lab).map((name) => snapshotsOf(lab, name)));
      const count = having.filter((files) => files.length > 0).length;
      if (count !== 1) throw new Error(`${count} masters have snapshots`);
    });
    await startUnit(lab, "kimg-snapshot.timer");
  },
};
