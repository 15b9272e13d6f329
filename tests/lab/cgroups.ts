// The lab's control groups: one a machine on each hierarchy of the host, below one of the lab's own. Whatever runs in them is the
// lab's, which is how a lab that was killed is found again. Must not touch a group that is not below that one.
import { mkdir, readFile, readdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ToolError } from "../../src/diagnostic.ts";
import { waitUntil } from "./wait.ts";

const root = "/sys/fs/cgroup";

/** Names of folders below /sys/fs/cgroup that are hierarchies of version 1, and `unified` beside them. */
export const hierarchies = async (): Promise<readonly string[]> => {
  const mounts = (await readFile("/proc/self/mountinfo", "utf8")).split("\n");
  const points = mounts.filter((line) => / - cgroup2? /.test(line)).map((line) => line.split(" ")[4] ?? "");
  const names = points.filter((point) => point.startsWith(`${root}/`)).map((point) => point.slice(root.length + 1));
  if (names.includes("memory") && names.includes("systemd")) return names;
  throw new ToolError("looking for control groups", {
    hint: `the lab is made for hosts that have cgroup v1 mounted below ${root}, as the machines of kimg's tests have`,
  });
};

const exists = (path: string): Promise<boolean> =>
  readdir(path).then(
    () => true,
    () => false,
  );

/** A new cpuset has no processors and no memory, and nothing can be put into it. */
const inheritCpuset = async (parent: string, folder: string): Promise<void> => {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    await writeFile(join(folder, file), await readFile(join(parent, file)));
  }
};

/** A group has as much of the processors as one process outside of it, unless it says more: here run more than a hundred. */
const shares = "65536";

const makeOne = async (hierarchy: string, group: string): Promise<void> => {
  let folder = join(root, hierarchy);
  for (const part of group.split("/")) {
    const parent = folder;
    folder = join(parent, part);
    await mkdir(folder, { recursive: true });
    const controllers = hierarchy.split(",");
    if (controllers.includes("cpuset")) await inheritCpuset(parent, folder);
    if (controllers.includes("cpu")) await writeFile(join(folder, "cpu.shares"), shares);
  }
};

/** Makes the group on every hierarchy; what an earlier run left below it goes: cadvisor loses 3 s for each dead pod's group. */
export const makeGroup = async (group: string): Promise<void> => {
  for (const hierarchy of await hierarchies()) {
    await removeBelow(join(root, hierarchy, group));
    await makeOne(hierarchy, group);
  }
};

const foldersBelow = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
};

/** From the innermost outwards; what is busy stays. */
const removeBelow = async (folder: string): Promise<void> => {
  for (const child of await foldersBelow(folder)) {
    await removeBelow(child);
    await rmdir(child).catch(() => {});
  }
};

const membersBelow = async (folder: string): Promise<readonly number[]> => {
  const own = await readFile(join(folder, "cgroup.procs"), "utf8").catch(() => "");
  const below = await Promise.all((await foldersBelow(folder)).map(membersBelow));
  return [...own.split("\n").filter(Boolean).map(Number), ...below.flat()];
};

/** Processes in the group and below it, on any hierarchy. */
export const members = async (group: string): Promise<readonly number[]> => {
  const all = await Promise.all((await hierarchies()).map((hierarchy) => membersBelow(join(root, hierarchy, group))));
  return [...new Set(all.flat())].toSorted((a, b) => a - b);
};

/** Hierarchies on which the group is still there. */
export const groupsLeft = async (group: string): Promise<readonly string[]> => {
  const folders = (await hierarchies()).map((hierarchy) => join(root, hierarchy, group));
  const left = await Promise.all(folders.map(exists));
  return folders.filter((_, index) => left[index]);
};

const kill = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
};

/** Ends whatever runs in the group, and removes it. */
export const destroyGroup = async (group: string): Promise<void> => {
  await waitUntil(`the processes of ${group} to end`, { seconds: 120, every: 0.1 }, async () => {
    const running = await members(group);
    running.forEach(kill);
    return running.length === 0;
  });
  await waitUntil(`the control groups of ${group} to go`, { seconds: 120, every: 0.2 }, async () => {
    for (const folder of await groupsLeft(group)) {
      await removeBelow(folder);
      await rmdir(folder).catch(() => {});
    }
    return (await groupsLeft(group)).length === 0;
  });
};

/** Bytes that the group's processes use, page cache included. */
export const memoryUse = async (group: string): Promise<number> =>
  Number(await readFile(join(root, "memory", group, "memory.usage_in_bytes"), "utf8").catch(() => "0"));
