// Two of three masters are destroyed, and etcd's quorum with them: `kimg recover` begins the cluster again from a snapshot.
import { join } from "node:path";
import { recover } from "../../../src/commands/recover.ts";
import { recoveryPath } from "../../../src/operate/recovery.ts";
import { checkAllReady, checkFormed } from "../formed.ts";
import { kubectl, masters } from "../kubernetes.ts";
import type { Case, Scene } from "../scene.ts";
import { trustFile } from "../seeds.ts";

const before = "before-the-snapshot";
const after = "after-the-snapshot";
const sealed = "sealed";

const snapshotFolder = "/var/lib/kimg/snapshots";

const write = ({ lab }: Scene, name: string): Promise<unknown> =>
  kubectl(lab, ["create", "configmap", name, "--from-literal=written=yes"]);

/** etcd's leader takes it. The newest of all masters, copied to outside of the machines. */
const takeSnapshot = async ({ lab }: Scene): Promise<string> => {
  const found: { readonly name: string; readonly path: string }[] = [];
  for (const master of masters(lab)) {
    const machine = lab.machine(master);
    await machine.exec(["kimg-agent", "snapshot", "--now"], { accept: [0], seconds: 300 });
    const { stdout } = await machine.exec(["ls", snapshotFolder]);
    const names = stdout.split("\n").filter((name) => name.endsWith(".db"));
    found.push(...names.map((name) => ({ name, path: join(machine.disk.upper, snapshotFolder, name) })));
  }
  // Their names begin with the time.
  const newest = found.toSorted((left, right) => (left.name < right.name ? -1 : 1)).at(-1);
  if (newest === undefined) throw new Error("no master has taken a snapshot");
  const copy = lab.place.path("seeds", "snapshot.db");
  await lab.io.files.publish(newest.path, copy, lab.io.now());
  return copy;
};

const checkLost = (scene: Scene, survivor: string): Promise<void> =>
  scene.check("nothing can be written any more", async () => {
    const options = { on: survivor, directly: true, accept: [0, 1] };
    const { code, stderr } = await kubectl(scene.lab, ["create", "configmap", "too-late"], options);
    if (code === 0) throw new Error("something could be written");
    return stderr.trim().split("\n").at(-1) ?? "";
  });

/** Fresh disks for all masters: sealed seeds, and for one the order to begin again, with the snapshot. */
const reimage = async ({ lab }: Scene, chosen: string, snapshot: string): Promise<void> => {
  const seeds = await lab.seeds({ name: sealed, changes: { clusterState: "existing" } });
  const output = lab.place.path("seeds", sealed);
  const cluster = join(output, "cluster.yaml");
  const trust = { libraries: [], secrets: trustFile(lab.place) };
  const order = { node: chosen, snapshot, ttl: "1h", dryRun: false, yes: true, json: false };
  lab.io.progress.note(await recover(lab.io, { cluster, output, ...trust, ...order }));
  await lab.wipe(masters(lab), seeds);
  const target = join(lab.machine(chosen).disk.upper, recoveryPath);
  await lab.io.files.publish(snapshot, target, lab.io.now());
};

const checkData = (scene: Scene): Promise<void> =>
  scene.check("what was in the snapshot is there, and what came after it is not", async () => {
    const { stdout } = await kubectl(scene.lab, ["get", "configmaps", "--output=name"]);
    const names = stdout.trim().split("\n");
    if (!names.includes(`configmap/${before}`)) throw new Error(`lost: ${before}`);
    if (names.includes(`configmap/${after}`)) throw new Error(`it is the old state: there is ${after}`);
    await kubectl(scene.lab, ["delete", "configmap", before]);
  });

const checkSnapshotErased = ({ lab, check }: Scene, chosen: string): Promise<void> =>
  check(`${chosen} has no copy of the snapshot left`, async () => {
    const { code } = await lab.machine(chosen).exec(["test", "-e", recoveryPath]);
    if (code === 0) throw new Error(`${recoveryPath} is there`);
  });

export const quorumLost: Case = {
  name: "quorum-lost",
  does: "Destroys two masters, gives all three fresh disks, and one of them the seed and the snapshot of `kimg recover`",
  endsIn: "data of the snapshot is there; three voters again",
  inTest: false,
  from: "formed",
  leaves: "spoilt",
  run: async (scene) => {
    const { lab } = scene;
    const [survivor = "", chosen = "", ...others] = masters(lab);
    await write(scene, before);
    const snapshot = await takeSnapshot(scene);
    await write(scene, after);
    await lab.powerCut([chosen, ...others]);
    await checkLost(scene, survivor);
    await lab.powerCut([survivor]);
    await reimage(scene, chosen, snapshot);
    const since = lab.io.now();
    await lab.start(masters(lab));
    await checkFormed(scene);
    await checkAllReady(scene, since);
    await checkData(scene);
    await checkSnapshotErased(scene, chosen);
  },
};
