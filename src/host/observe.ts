// Looks at the host: which programs are there, whether namespaces work, how much room there is. Changes nothing and asks no other host.
import { dirname, isAbsolute, resolve } from "node:path";
import { cacheFolder } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import { type DeviceState, deviceState } from "../emulator/acceleration.ts";
import { needed } from "./needs.ts";

export interface User {
  /** 0 is root. */
  readonly id: number;
  readonly name: string;
}

export interface HostFacts {
  readonly user: User;
  /** `20.19.1` */
  readonly nodeVersion: string;
  /** Names of `needed` that are there. */
  readonly present: ReadonlySet<string>;
  /** What a program said that was to run in new namespaces; empty when it ran. */
  readonly namespaceProblem: string;
  /** Kernel settings that can forbid namespaces, by name; those that this kernel has. */
  readonly settings: Readonly<Record<string, string>>;
  /** Sizes of the user's ranges of ids. */
  readonly ids: { readonly subuid: number; readonly subgid: number };
  readonly cache: {
    readonly folder: string;
    /** Bytes. */
    readonly free: number;
    /** It can be written to, or made where it is missing. */
    readonly writable: boolean;
  };
  readonly kvm: DeviceState;
  /** Debian's installer of packages is there. */
  readonly hasApt: boolean;
}

export const namespaceSettings = [
  "kernel.unprivileged_userns_clone",
  "kernel.apparmor_restrict_unprivileged_userns",
  "user.max_user_namespaces",
] as const;

const textOf = async (io: Io, path: string): Promise<string | undefined> =>
  (await io.files.status(path)) === undefined ? undefined : (await io.files.readText(path)).trim();

const presentOf = async (io: Io): Promise<ReadonlySet<string>> => {
  const found = await Promise.all(
    needed.map(async ({ name }) => {
      const there = isAbsolute(name) ? await io.files.status(name) : await io.processes.find(name);
      return there === undefined ? [] : [name];
    }),
  );
  return new Set(found.flat());
};

/** What kimg's own commands do: a sandbox with a user of its own, and for ordinary users a whole range of ids. */
const namespaceCommands = ({ id }: User): readonly (readonly [string, ...string[]])[] => [
  ["bwrap", "--unshare-user", "--unshare-net", "--uid", "0", "--gid", "0", "--ro-bind", "/", "/", "--", "true"],
  [
    ...(["unshare", "--mount", "--pid", "--ipc", "--fork", "--mount-proc"] as const),
    ...(id === 0 ? [] : ["--user", "--map-auto", "--map-root-user"]),
    "true",
  ],
];

/** The first line that one of them complains with. A program that is missing is told elsewhere. */
const namespaceProblemOf = async (io: Io, user: User): Promise<string> => {
  const anyCode = Array.from({ length: 256 }, (_, code) => code);
  for (const argv of namespaceCommands(user)) {
    if ((await io.processes.find(argv[0])) === undefined) continue;
    const { code, stderr } = await io.processes.run({ doing: "trying namespaces", argv, accept: anyCode });
    if (code !== 0) return stderr.trim().split("\n")[0] || `${argv[0]} ended with exit code ${code}`;
  }
  return "";
};

const settingsOf = async (io: Io): Promise<Readonly<Record<string, string>>> => {
  const found = await Promise.all(
    namespaceSettings.map(async (name) => {
      const value = await textOf(io, `/proc/sys/${name.replace(".", "/")}`);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  return Object.fromEntries(found.flat());
};

/** subuid(5): `name:first:count`, by name or number. */
const idsOf = async (io: Io, path: string, { id, name }: User): Promise<number> => {
  const lines = ((await textOf(io, path)) ?? "").split("\n").map((line) => line.split(":"));
  const own = lines.filter(([whose]) => whose === name || whose === String(id));
  return Math.max(0, ...own.map(([, , count]) => Number(count ?? 0)));
};

/** The folder itself, or the one above it that there is. */
const existing = async (io: Io, folder: string): Promise<string> =>
  (await io.files.status(folder)) === undefined && dirname(folder) !== folder ? existing(io, dirname(folder)) : folder;

const isWritable = async (io: Io, folder: string): Promise<boolean> => {
  const argv = ["test", "-w", await existing(io, folder)] as const;
  return (await io.processes.run({ doing: `looking at ${folder}`, argv, accept: [0, 1] })).code === 0;
};

const freeIn = async (io: Io, folder: string): Promise<number> => {
  const argv = ["df", "--output=avail", "--block-size=1", "--", await existing(io, folder)] as const;
  const { stdout } = await io.processes.run({ doing: "measuring the free space", argv });
  return Number(stdout.trim().split("\n").at(-1) ?? 0);
};

export const observeHost = async (io: Io, user: User, nodeVersion: string): Promise<HostFacts> => {
  const folder = resolve(cacheFolder(io.environment));
  return {
    ...{ user, nodeVersion },
    present: await presentOf(io),
    namespaceProblem: await namespaceProblemOf(io, user),
    settings: await settingsOf(io),
    ids: { subuid: await idsOf(io, "/etc/subuid", user), subgid: await idsOf(io, "/etc/subgid", user) },
    cache: { folder, free: await freeIn(io, folder), writable: await isWritable(io, folder) },
    kvm: await deviceState(io),
    hasApt: (await io.processes.find("apt-get")) !== undefined,
  };
};
