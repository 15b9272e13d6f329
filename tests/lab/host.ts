// The one setting of the host that the lab changes while it runs, and puts back.
import { writeFile } from "node:fs/promises";
import type { Io } from "../../src/edge/io.ts";
import { type Place, removeFrom } from "./place.ts";

const setting = "/proc/sys/fs/inotify/max_user_instances";

/** systemd and the kubelet take about 25 a master, 16 a worker, 6 a load balancer; a kernel's own limit is 128 a user. */
const needed = 1024;

const record = (place: Place): string => place.path("max-user-instances");

/** Where the host does not let us, the lab goes on: seven machines have been seen to fit. */
export const raiseLimit = async ({ files, progress }: Io, place: Place): Promise<void> => {
  const present = (await files.readText(setting)).trim();
  if (Number(present) >= needed) return;
  await files.write(record(place), present);
  await writeSetting(String(needed)).catch(() =>
    progress.note(`${setting} stays at ${present}: a machine may miss files that change`),
  );
};

/** Also of a run that was killed: what was there before is on record. */
export const restoreLimit = async ({ files }: Io, place: Place): Promise<void> => {
  const path = record(place);
  if ((await files.status(path)) === undefined) return;
  await writeSetting((await files.readText(path)).trim()).catch(() => {});
  await removeFrom(place, files, path);
};

/** In place: there is no writing beside and renaming in /proc. */
const writeSetting = (value: string): Promise<void> => writeFile(setting, value);
