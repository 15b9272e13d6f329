// A control plane of upstream's own programs on loopback addresses, with the trust and the configuration that kimg renders: etcd members
// and one API server, and whatever kubeadm's phases put into it. No kubelet, so that nodes are what a test says they are.
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import type { Io } from "../../src/edge/io.ts";
import type { FileTree } from "../../src/model.ts";

export interface Programs {
  readonly etcd: string;
  readonly "kube-apiserver": string;
  readonly "kube-controller-manager": string;
  readonly kubeadm: string;
  readonly kubectl: string;
}

export interface Master {
  readonly name: string;
  /** On loopback; etcd listens there on the ports that it always has. */
  readonly address: string;
}

export interface ControlPlane {
  /** `https://127.0.0.1:…`. */
  readonly server: string;
  /** Only its members; what is killed stays dead. */
  readonly kill: (name: string) => Promise<void>;
  /** Runs one of kubeadm's or kubectl's commands; standard output. */
  readonly run: (program: "kubeadm" | "kubectl", ...argv: readonly string[]) => Promise<string>;
  /** kubeadm's configuration of the first master, with the paths of this control plane in it. */
  readonly configuration: string;
  /** The first master's certificates, as kubeadm made them. */
  readonly pki: string;
  readonly stop: () => Promise<void>;
}

const apiPort = 16_443;

/** What a program said is for a test to read. */
const anyCode = Array.from({ length: 256 }, (_, code) => code);

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once("exit", () => resolve()));

const put = async (path: string, content: Uint8Array | string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content, { mode: 0o600 });
};

const isKind = (document: object, kind: string): boolean => "kind" in document && document.kind === kind;

/** The rendered init.yaml, with one master's name, address and folder for certificates. */
const configurationOf = (rendered: string, { name, address }: Master, pki: string): string =>
  parseAllDocuments(rendered)
    .map((document) => document.toJS() as Record<string, Record<string, unknown>>)
    .map((document) => {
      if (isKind(document, "InitConfiguration")) {
        document["localAPIEndpoint"] = { advertiseAddress: "10.0.0.21", bindPort: apiPort };
        document["nodeRegistration"] = { ...document["nodeRegistration"], name };
      }
      if (!isKind(document, "ClusterConfiguration")) return document;
      const names = { serverCertSANs: [address], peerCertSANs: [address] };
      // Not 127.0.0.1: what calls that must ask for a name that the certificate has.
      return { ...document, certificatesDir: pki, etcd: { local: names }, apiServer: { certSANs: ["localhost"] } };
    })
    .map((document) => stringify(document))
    .join("---\n");

const etcdArguments = ({ name, address }: Master, masters: readonly Master[], pki: string, data: string): string[] => {
  const certificates = (kind: string, file: string): string[] => [
    `--${kind}cert-file=${pki}/etcd/${file}.crt`,
    `--${kind}key-file=${pki}/etcd/${file}.key`,
    `--${kind}client-cert-auth=true`,
    `--${kind}trusted-ca-file=${pki}/etcd/ca.crt`,
  ];
  return [
    `--name=${name}`,
    `--data-dir=${data}`,
    `--listen-client-urls=https://${address}:2379`,
    `--advertise-client-urls=https://${address}:2379`,
    `--listen-peer-urls=https://${address}:2380`,
    `--initial-advertise-peer-urls=https://${address}:2380`,
    `--initial-cluster=${masters.map((each) => `${each.name}=https://${each.address}:2380`).join(",")}`,
    ...certificates("", "server"),
    ...certificates("peer-", "peer"),
    // Test data is worth nothing, and the machine has others to serve.
    "--unsafe-no-fsync",
    "--snapshot-count=10000",
  ];
};

const apiServerArguments = (masters: readonly Master[], pki: string): string[] => [
  `--etcd-servers=${masters.map(({ address }) => `https://${address}:2379`).join(",")}`,
  `--etcd-cafile=${pki}/etcd/ca.crt`,
  `--etcd-certfile=${pki}/apiserver-etcd-client.crt`,
  `--etcd-keyfile=${pki}/apiserver-etcd-client.key`,
  `--client-ca-file=${pki}/ca.crt`,
  `--tls-cert-file=${pki}/apiserver.crt`,
  `--tls-private-key-file=${pki}/apiserver.key`,
  "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
  `--service-account-key-file=${pki}/sa.pub`,
  `--service-account-signing-key-file=${pki}/sa.key`,
  "--authorization-mode=Node,RBAC",
  "--enable-admission-plugins=NodeRestriction",
  "--enable-bootstrap-token-auth=true",
  "--service-cluster-ip-range=10.96.0.0/16",
  "--bind-address=127.0.0.1",
  "--advertise-address=10.0.0.21",
  "--endpoint-reconciler-type=none",
  `--secure-port=${apiPort}`,
];

const controllerArguments = (kubeconfig: string, pki: string): string[] => [
  `--kubeconfig=${kubeconfig}`,
  "--bind-address=127.0.0.1",
  "--secure-port=0",
  "--leader-elect=false",
  "--controllers=bootstrap-signer-controller,certificatesigningrequest-approving-controller,certificatesigningrequest-signing-controller",
  `--cluster-signing-cert-file=${pki}/ca.crt`,
  `--cluster-signing-key-file=${pki}/ca.key`,
];

/** Tries again until it works, for a minute. */
export const eventually = async <T>(work: () => Promise<T>): Promise<T> => {
  const end = Date.now() + 60_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
};

/** `tree` is what kimg rendered for a cluster with an init node `cp1`; `kubeconfig` one that may do everything. */
export const startControlPlane = async (
  io: Io,
  folder: string,
  programs: Programs,
  tree: FileTree,
  masters: readonly [Master, ...Master[]],
  kubeconfigFor: (server: string) => Promise<string>,
): Promise<ControlPlane> => {
  const children = new Map<string, ChildProcess>();
  const start = (name: string, program: string, argv: readonly string[]): void => {
    const child = spawn(program, argv, { stdio: ["ignore", "pipe", "pipe"] });
    const log = createWriteStream(join(folder, `${name}.log`));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    children.set(name, child);
  };
  const kill = async (name: string): Promise<void> => {
    const child = children.get(name);
    if (child === undefined) return;
    child.kill("SIGKILL");
    await ended(child);
  };
  const stop = async (): Promise<void> => void (await Promise.all([...children.keys()].map(kill)));
  const seed = "cp1/files/etc/kimg/";
  const text = (path: string): string => Buffer.from(tree.get(path)?.bytes ?? []).toString();
  const server = `https://127.0.0.1:${apiPort}`;
  const pkiOf = ({ name }: Master): string => join(folder, name, "pki");
  const configurationFile = ({ name }: Master): string => join(folder, name, "init.yaml");
  const kubeconfig = join(folder, "admin.conf");
  const run = async (program: "kubeadm" | "kubectl", ...argv: readonly string[]): Promise<string> => {
    const access = program === "kubectl" && !argv.some((each) => each.startsWith("--kubeconfig"));
    const { code, stdout, stderr } = await io.processes.run({
      doing: `running ${program}`,
      argv: [programs[program], ...argv, ...(access ? [`--kubeconfig=${kubeconfig}`] : [])],
      accept: anyCode,
    });
    if (code === 0) return stdout;
    throw new Error(`${program} ${argv.join(" ")}: ${stderr}`);
  };
  try {
    for (const master of masters) {
      for (const [path, { bytes }] of [...tree].filter(([each]) => each.startsWith(`${seed}pki/`)))
        await put(join(pkiOf(master), path.slice(`${seed}pki/`.length)), bytes);
      await put(configurationFile(master), configurationOf(text(`${seed}kubeadm/init.yaml`), master, pkiOf(master)));
      await run("kubeadm", "init", "phase", "certs", "all", "--config", configurationFile(master));
      const data = join(folder, master.name, "data");
      await mkdir(data, { mode: 0o700 });
      start(master.name, programs.etcd, etcdArguments(master, masters, pkiOf(master), data));
    }
    const [first] = masters;
    start("kube-apiserver", programs["kube-apiserver"], apiServerArguments(masters, pkiOf(first)));
    await put(kubeconfig, await kubeconfigFor(server));
    await eventually(() => run("kubectl", "get", "--raw", "/readyz"));
    start(
      "kube-controller-manager",
      programs["kube-controller-manager"],
      controllerArguments(kubeconfig, pkiOf(first)),
    );
    return { server, kill, run, configuration: configurationFile(first), pki: pkiOf(first), stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
