// How systemd-nspawn is asked to be a machine, as a pure list of arguments. What a container lacks is made up for here and in node/init,
// never in the image; each line that does so says why.
import { fileURLToPath } from "node:url";
import type { Disk } from "./disk.ts";

/** Bound into the container; holds its first process. */
const outside = fileURLToPath(new URL("node", import.meta.url));
const inside = "/run/lab";

export const startProgram = `${outside}/start`;

/** For systemd-nspawn itself (its NEWS and docs/ENVIRONMENT.md of systemd). */
export const environment = {
  // The host has its controllers on cgroup v1.
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "0",
  // /proc/sys/net belongs to the machine's own network namespace; the rest of /proc/sys is the host's and stays read-only.
  SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network",
} as const;

const bind = ([from, to]: readonly [string, string]): string => `--bind=${from}:${to}`;

export interface ContainerOptions {
  /** Path of the network namespace. */
  readonly network: string;
  /** As setrlimit(2) has it: `20000` or `unlimited`. */
  readonly openFiles: string;
}

export const containerCommand = (name: string, disk: Disk, options: ContainerOptions): readonly string[] => [
  ...["systemd-nspawn", "--quiet", `--directory=${disk.merged}`, `--machine=${name}`],
  // The name has to come from the seed.
  "--hostname=unnamed",
  // There may be no systemd on the host to register with.
  ...["--register=no", "--keep-unit"],
  `--network-namespace-path=${options.network}`,
  // systemd-nspawn would give what a kernel gives to its first process, 4096: too few for HAProxy. More than the caller has it cannot.
  `--rlimit=NOFILE=1024:${options.openFiles.replace("unlimited", "infinity")}`,
  // The kubelet, its containers and keepalived want nearly all of them. Not to be had: the host's clock and its kernel modules.
  ...["--capability=all", "--drop-capability=CAP_SYS_TIME,CAP_SYS_MODULE"],
  // runc wants them, and systemd-nspawn filters them.
  "--system-call-filter=add_key keyctl bpf",
  ...["--resolv-conf=off", "--timezone=off", "--link-journal=no"],
  // A /dev/console that goes to a file; --console=pipe would make none.
  "--console=read-only",
  // A container has no kernel log of its own; the kubelet looks for one.
  "--bind=/dev/null:/dev/kmsg",
  ...[...disk.folders].map(bind),
  ...disk.fromSource.map(([from, to]) => `--bind-ro=${from}:${to}`),
  `--bind-ro=${outside}:${inside}`,
  ...["--", `${inside}/init`, ...systemdArguments],
];

/** In a container systemd reads its "kernel command line" from its arguments (kernel-command-line(7)). */
const systemdArguments = [
  "systemd.unified_cgroup_hierarchy=0",
  // systemd 256 and later refuse cgroup v1 without it.
  "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1",
];
