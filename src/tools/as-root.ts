// Commands that must be root: the real one, or the calling user's own inside a user namespace. Either way they run in mount, process
// and IPC namespaces of their own, so that nothing they mount and nothing they start outlives them, not even after kill -9.
import { join } from "node:path";
import type { Cache } from "../edge/cache.ts";
import type { Command, Io } from "../edge/io.ts";
import { outsideEnvironment } from "./environment.ts";

export interface RootCommand extends Command {
  /** Folder for its temporary files, from `withWorkFolder`. */
  readonly work: string;
}

const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * util-linux's `unshare --map-auto` (2.38) makes the caller root of a namespace that also has the ids of /etc/subuid, so that files of
 * every owner can be made and those of root belong to the caller.
 */
const namespaces = (): string[] => [
  ...[
    "setpriv",
    "--pdeathsig",
    "SIGKILL",
    "unshare",
    "--mount",
    "--pid",
    "--ipc",
    "--fork",
    "--kill-child",
    "--mount-proc",
  ],
  ...(isRoot() ? [] : ["--user", "--map-auto", "--map-root-user"]),
];

/** The first process of a process namespace ignores what it does not handle: pass the end on to what it runs. */
const firstProcess = `exec 3<&0
trap 'kill -TERM "$child" 2>/dev/null; wait "$child"; exit 143' TERM INT HUP
"$@" <&3 3<&- &
child=$!
exec 3<&-
wait "$child"`;

const userHint =
  "as an ordinary user this needs the package uidmap and a range of ids in /etc/subuid and /etc/subgid: " +
  "`sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER`; or run it as root";

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The command, to be run as root of its own namespaces with a fixed locale, time zone and umask. */
export const asRoot = (io: Io, command: RootCommand): Command => {
  const { work, ...rest } = command;
  return {
    ...rest,
    argv: [
      ...namespaces(),
      "sh",
      "-c",
      `umask 022\n${firstProcess}`,
      "sh",
      ...command.argv,
    ] as unknown as Command["argv"],
    environment: {
      ...outsideEnvironment(io.environment),
      LC_ALL: "C.UTF-8",
      TZ: "UTC",
      PATH: path,
      TMPDIR: work,
      ...command.environment,
    },
    ...(isRoot() ? {} : { hint: command.hint ?? userHint }),
  };
};

/** Removes each work folder whose lock nobody holds: what a killed process has left. Other file systems are never entered. */
const sweep = `cd "$1" || exit 0
for lock in *.lock; do
  [ "$lock" != "$2.lock" ] && [ -e "$lock" ] || continue
  flock --nonblock "$lock" rm -rf --one-file-system -- "\${lock%.lock}" "$lock" || :
done`;

const remove = async (io: Io, cache: Cache, script: string, name: string): Promise<void> => {
  const work = join(cache.folder, "work");
  const command = { doing: "removing temporary files", argv: ["sh", "-c", script, "sh", work, name], work } as const;
  await io.processes.run(asRoot(io, command));
};

/**
 * Runs `use` with a new folder for files of any owner, and removes it afterwards. It is removed in namespaces of its own, where
 * nothing is mounted below it. What an earlier process could not remove goes as well.
 */
export const withWorkFolder = async <T>(io: Io, cache: Cache, use: (folder: string) => Promise<T>): Promise<T> => {
  const name = Buffer.from(io.random(8)).toString("hex");
  const folder = join(cache.folder, "work", name);
  const release = await io.files.lock(`${folder}.lock`, () => {});
  try {
    await remove(io, cache, sweep, name);
    await io.files.makeFolder(folder);
    return await use(folder);
  } finally {
    // After an abort no command is run any more: the next call sweeps.
    await remove(io, cache, 'rm -rf --one-file-system -- "$1/$2" "$1/$2.lock"', name).catch(() => {});
    await release();
  }
};
