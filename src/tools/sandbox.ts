// How a program of a tools tree is run: with bubblewrap, seeing the tree and what is named, and nothing else of the host.
import type { Command, Io } from "../edge/io.ts";
import { outsideEnvironment } from "./environment.ts";
import type { ToolsTree } from "./tools.ts";

export interface Bind {
  /** Absolute path on the host; must exist. */
  readonly from: string;
  /** Absolute path inside; the same as `from` when left out. */
  readonly to?: string;
  readonly writable?: boolean;
}

export interface Sandboxed {
  /** As in Command: a gerund for errors. */
  readonly doing: string;
  readonly argv: readonly [string, ...string[]];
  /** What the program sees beside the tree. Later ones hide earlier ones. */
  readonly binds?: readonly Bind[];
  /** Working folder inside; default `/tmp`, which is fresh and private. */
  readonly folder?: string;
  /** Added to the fixed environment: PATH, HOME=/tmp, LC_ALL, TZ and, when given here, SOURCE_DATE_EPOCH. */
  readonly environment?: Readonly<Record<string, string>>;
  /** For a program that is run by `asRoot` already: it keeps the users and the rights of those namespaces. */
  readonly root?: boolean;
  /** Lets it reach the network, through the caller's proxies and with the caller's certificate authorities. */
  readonly network?: boolean;
  readonly input?: Command["input"];
  readonly onLine?: Command["onLine"];
  readonly accept?: Command["accept"];
  readonly hint?: string;
  readonly ending?: Command["ending"];
  /** Device files of the host that it may use, such as `/dev/kvm`. */
  readonly devices?: readonly string[];
}

/** The links of a merged /usr: https://wiki.debian.org/UsrMerge. */
const mergedFolders = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

const systemBinds = (tree: ToolsTree): string[] => [
  ...["--ro-bind", `${tree.folder}/usr`, "/usr", "--ro-bind", `${tree.folder}/etc`, "/etc"],
  ...["--ro-bind", `${tree.folder}/var`, "/var", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"],
  ...mergedFolders.flatMap((name) => ["--symlink", `usr/${name}`, `/${name}`]),
];

const hostBundle = "/etc/ssl/certs/ca-certificates.crt";

/** The tree has these paths, so that they can be mounted over though it is read-only. */
const networkBinds = (environment: Io["environment"]): string[] => [
  ...["/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs"].flatMap((path) => ["--ro-bind-try", path, path]),
  ...(environment["SSL_CERT_FILE"] ? ["--ro-bind-try", environment["SSL_CERT_FILE"], hostBundle] : []),
];

const userBinds = (binds: readonly Bind[]): string[] =>
  binds.flatMap(({ from, to, writable }) => [writable === true ? "--bind" : "--ro-bind", from, to ?? from]);

const fixedEnvironment = {
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/tmp",
  TMPDIR: "/tmp",
  LC_ALL: "C.UTF-8",
  TZ: "UTC",
} as const;

/**
 * The command that runs a program of the tree. It appears to be root and owns only what the caller owns; its namespaces end with it, and
 * it ends with its caller. Works as root and as an ordinary user, with the same bytes.
 */
export const sandboxed = (io: Io, tree: ToolsTree, program: Sandboxed): Command => {
  const network = program.network === true;
  const environment = {
    ...(network ? outsideEnvironment(io.environment) : {}),
    ...fixedEnvironment,
    ...program.environment,
  };
  const argv = [
    ...[
      "bwrap",
      "--unshare-ipc",
      "--unshare-pid",
      "--unshare-uts",
      "--unshare-cgroup-try",
      "--hostname",
      "kimg",
      "--die-with-parent",
    ],
    ...(program.root === true ? [] : ["--unshare-user", "--uid", "0", "--gid", "0"]),
    ...(network ? [] : ["--unshare-net"]),
    ...systemBinds(tree),
    ...(network ? networkBinds(io.environment) : []),
    ...userBinds(program.binds ?? []),
    ...(program.devices ?? []).flatMap((path) => ["--dev-bind", path, path]),
    ...["--remount-ro", "/", "--chdir", program.folder ?? "/tmp"],
    ...["--unsetenv", "USER", "--unsetenv", "LOGNAME", "--", ...program.argv],
  ];
  const { doing, input, onLine, accept, hint, ending } = program;
  return {
    doing,
    argv: argv as unknown as Command["argv"],
    environment,
    ...(input === undefined ? {} : { input }),
    ...(onLine === undefined ? {} : { onLine }),
    ...(accept === undefined ? {} : { accept }),
    ...(ending === undefined ? {} : { ending }),
    hint:
      hint ?? "kimg runs tools with bubblewrap: the package `bubblewrap`, and user namespaces allowed by the kernel",
  };
};
