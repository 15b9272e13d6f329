// Programs of a root file system, run inside it: as root, with fresh /dev, /proc, /run and /tmp, and no network unless asked.
import type { Command, Io } from "../../edge/io.ts";
import { asRoot } from "../../tools/as-root.ts";

export interface Inside {
  readonly doing: string;
  readonly argv: readonly [string, ...string[]];
  readonly work: string;
  /** Absolute folder of the root file system. */
  readonly root: string;
  /** Host path → path inside, read-only. */
  readonly binds?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly network?: boolean;
  readonly onLine?: (line: string) => void;
}

const resolver = "/etc/resolv.conf";
/** Where the image's own /etc/resolv.conf points to. */
const resolverInside = "/run/systemd/resolve/stub-resolv.conf";
const certificates = "/etc/ssl/certs/ca-certificates.crt";
/** The host's certificate authorities, for an archive behind a proxy that has its own. */
export const certificatesInside = "/run/kimg/host-certificates.crt";

const readOnly = (from: string, to: string): string[] => ["--ro-bind-try", from, to];

const sandboxArguments = ({ root, binds, network, argv }: Inside): string[] => [
  ...["--unshare-ipc", "--unshare-pid", "--unshare-uts", "--hostname", "localhost", "--die-with-parent"],
  ...(network === true ? [] : ["--unshare-net"]),
  ...[
    "--bind",
    root,
    "/",
    "--dev",
    "/dev",
    "--proc",
    "/proc",
    "--tmpfs",
    "/run",
    "--dir",
    "/run/lock",
    "--tmpfs",
    "/tmp",
  ],
  ...(network === true ? [...readOnly(resolver, resolverInside), ...readOnly(certificates, certificatesInside)] : []),
  ...Object.entries(binds ?? {}).flatMap(([from, to]) => ["--ro-bind", from, to]),
  ...["--chdir", "/", "--unsetenv", "TMPDIR", "--", ...argv],
];

export const inside = (io: Io, program: Inside): Command => {
  const { doing, work, environment, onLine } = program;
  return asRoot(io, {
    doing,
    work,
    argv: ["bwrap", ...sandboxArguments(program)],
    environment: { HOME: "/root", DEBIAN_FRONTEND: "noninteractive", ...environment },
    ...(onLine === undefined ? {} : { onLine }),
  });
};
