// A root file system to and from a tar. The same files give the same bytes, whoever packs them and when.
import { dirname } from "node:path";
import type { Io } from "../../edge/io.ts";
import { asRoot } from "../../tools/as-root.ts";

export interface Packing {
  readonly work: string;
  /** Absolute folder of the root file system. */
  readonly root: string;
  /** A file made when the work on it began: what is newer gets the fixed time, a file that is older came with a package and keeps its own. */
  readonly newerThan: string;
  /** Seconds since 1970. */
  readonly epoch: number;
  readonly to: string;
}

/**
 * With the image's own tar, since another version may write other headers. The times of a package's files are kept because Python's byte
 * code names those of its sources; a folder has that of the package that was unpacked last, which is not the same in every order.
 */
const packScript = `set -eu
find "$1" -xdev '(' -newer "$2" -o -type d ')' -print0 | xargs -0 --no-run-if-empty touch --no-dereference --date="@$3"
cd "$1"
mkdir -p dev proc run sys tmp
touch --date="@$3" dev proc run sys tmp .
exec env -i LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . tar --create --file=- --sort=name --format=pax \\
  --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime --numeric-owner --xattrs --xattrs-include='*' \\
  --one-file-system --exclude='./dev/*' --exclude='./proc/*' --exclude='./run/*' --exclude='./sys/*' --exclude='./tmp/*' . > "$4"`;

export const packRootFileSystem = async (io: Io, { work, root, newerThan, epoch, to }: Packing): Promise<void> => {
  const argv = ["sh", "-c", packScript, "sh", root, newerThan, String(epoch), to] as const;
  await io.processes.run(asRoot(io, { doing: "packing the root file system", argv, work }));
};

/** Into a new folder. */
export const unpackRootFileSystem = async (io: Io, work: string, tar: string, root: string): Promise<void> => {
  const options = ["--extract", "--preserve-permissions", "--numeric-owner", "--xattrs", "--xattrs-include=*"];
  const argv = [
    "sh",
    "-c",
    'mkdir "$1" && shift && exec tar "$@"',
    "sh",
    root,
    ...options,
    "-C",
    root,
    "-f",
    tar,
  ] as const;
  await io.processes.run(asRoot(io, { doing: "unpacking the root file system", argv, work, folder: dirname(root) }));
};
