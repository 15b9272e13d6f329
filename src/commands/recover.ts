// `kimg recover`: the quorum is lost. Makes a seed with which one master, and it alone, begins the cluster again from a snapshot of etcd.
// The others join it with their ordinary seeds.
import { join } from "node:path";
import type { CodeOf } from "../codes/index.ts";
import { DiagnosticError, ToolError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Cluster, Node, Secrets } from "../model.ts";
import { openApi } from "../operate/api.ts";
import { observeNodes } from "../operate/observed.ts";
import { otherMasters, recovering, recoveryPath } from "../operate/recovery.ts";
import { mastersOf } from "../resolve/resolve.ts";
import { findNode } from "./cluster-node.ts";
import { confirmed } from "./confirm.ts";
import { formatMoment, parseDuration } from "./duration.ts";
import { checkSeeds, writeSeeds } from "./render.ts";
import { readSnapshot, type SnapshotFile, writeDrive } from "./snapshot-file.ts";
import { type ConfirmedOptions, loadTrustedCluster, noteWarnings, type TrustedCluster } from "./trusted-cluster.ts";
import { formatSize } from "./words.ts";
import { adoptFile, checkOurs } from "./write-tree.ts";

/** `node` is the master that begins again. */
export interface RecoverOptions extends ConfirmedOptions {
  /** A file of `etcdctl snapshot save` or of the masters' own timer. */
  readonly snapshot: string;
  /** For how long the seed may begin it, such as `24h`. */
  readonly ttl: string;
}

const refuse = (code: CodeOf<"recover">, message: string, hint: string): DiagnosticError =>
  new DiagnosticError([{ severity: "error", code: `recover/${code}`, message, hint }]);

const checkMaster = (cluster: Cluster, node: Node): void => {
  if (mastersOf([node]).length === 0 || node.pool) {
    const masters = mastersOf(cluster.nodes).filter(({ pool }) => !pool);
    const hint = `name one of ${masters.map(({ name }) => name).join(", ")}`;
    throw refuse("no-master", `${node.name} is no master with a name of its own: it holds no etcd`, hint);
  }
  if (cluster.state === "existing") return;
  const message = "cluster.yaml does not say that the cluster exists: the other masters' seeds could make a second one";
  throw refuse("not-sealed", message, "kimg seal, then again");
};

/** Lists need etcd's quorum: a cluster that gives one has not lost it. Who cannot be reached is no hindrance, for so it should be. */
const checkDead = async (io: Io, cluster: Cluster, secrets: Secrets, server: string | undefined): Promise<void> => {
  const api = await openApi(io, cluster, secrets, server);
  try {
    await observeNodes(api);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    io.progress.note(`no answer of the cluster at ${api.server.url}: ${error.details.tail ?? error.message}`);
    return;
  }
  const message = `the API at ${api.server.url} answers, so etcd has its quorum: there is nothing to recover from`;
  throw refuse(
    "still-alive",
    message,
    "kimg status says what is wrong, kimg replace makes room for a machine that is lost",
  );
};

/** In every namespace there is a ConfigMap with the cluster's CA, and etcd has those in clear: a line of it tells one cluster from another. */
const ownMark = ({ values }: Secrets): string => {
  const lines = values["ca.crt"].trim().split("\n");
  return lines[Math.floor(lines.length / 2)] ?? "";
};

const noteStranger = (io: Io, { path, mentions }: SnapshotFile): void => {
  if (mentions) return;
  const message = `${path} does not hold this cluster's CA: it is most likely another cluster's snapshot`;
  const hint = "with configmaps encrypted at rest it would look the same; else take the right file";
  noteWarnings(io, [{ severity: "warning", code: "recover/other-cluster", message, hint }]);
};

interface Plan {
  /** The node's seed holds the order to begin again. */
  readonly cluster: Cluster;
  /** Of the order. */
  readonly id: string;
  readonly node: Node;
  readonly others: readonly string[];
  readonly snapshot: SnapshotFile;
  readonly expires: Date;
  /** Of the node. */
  readonly folder: string;
}

const driveName = "recovery.iso";

/** Below the seeds' folder. */
const driveOf = ({ name }: Node): string => `${name}/${driveName}`;

const listed = (names: readonly string[]): string => names.join(", ");

const stepsOf = ({ node, snapshot, others, folder }: Plan): readonly string[] => [
  `render all seeds, that of ${node.name} with an order to begin again from ${snapshot.path} (${formatSize(snapshot.size)})`,
  `write ${join(folder, driveName)}: the drive with the snapshot, which holds all of the cluster's data`,
  `what was written to the cluster after the snapshot will be lost${others.length === 0 ? "" : `; ${listed(others)} must be switched off or re-imaged first`}`,
];

/** The seeds first: they take away the drive of an earlier recovery. */
const write = async (io: Io, plan: Plan, secrets: Secrets, output: string): Promise<string> => {
  const { cluster, node, snapshot, folder } = plan;
  const seeds = await writeSeeds(io, cluster, secrets, output);
  await io.progress.stage(`writing ${driveName}`, async () => {
    await adoptFile(io, join(output, cluster.name), driveOf(node), snapshot.driveSha256);
    await writeDrive(io, snapshot, join(folder, driveName));
  });
  return seeds;
};

const othersFirst = ({ node, others }: Plan): string =>
  `Switch off ${listed(others)}, or give them new images. ${node.name} does nothing while one of them answers: beside a rest of the old cluster it would make a second one.`;

const othersLast = ({ node, others, cluster }: Plan, output: string): string =>
  `When the console of ${node.name} says that it is a member, boot ${listed(others)} with new images and their ordinary seeds from ${join(output, cluster.name)}: they join.`;

const instructions = (plan: Plan, output: string): readonly string[] => {
  const { node, others, folder, expires, snapshot } = plan;
  const steps = [
    ...(others.length === 0 ? [] : [othersFirst(plan)]),
    `Give ${node.name} a new image, its seed (${folder}), and ${join(folder, driveName)} as a further drive. Where the seed is a folder on its disk, put ${snapshot.path} at ${recoveryPath} in place of the drive.`,
    `Boot it before ${formatMoment(expires)}; the seed is good for nothing afterwards.`,
    ...(others.length === 0 ? [] : [othersLast(plan, output)]),
    `Then kimg render: it makes the ordinary seed of ${node.name} again and removes ${driveName}.`,
  ];
  return steps.map((step, index) => `${index + 1}. ${step}`);
};

const told = (plan: Plan, seeds: string | undefined, { json, output }: RecoverOptions): string => {
  const { cluster, id, node, snapshot, others, expires, folder } = plan;
  if (json) {
    const file = { file: snapshot.path, size: snapshot.size, sha256: snapshot.sha256 };
    const where = { seed: folder, drive: join(folder, driveName), path: recoveryPath };
    const done = seeds !== undefined;
    return JSON.stringify({ node: node.name, done, id, snapshot: file, others, expires, ...where }, undefined, 2);
  }
  if (seeds === undefined)
    return [`${node.name}: nothing was done. It would be:`, ...stepsOf(plan).map((step) => `  ${step}`)].join("\n");
  return [`${cluster.name} can begin again on ${node.name}, once:`, seeds, ...instructions(plan, output)].join("\n");
};

const planOf = async (
  io: Io,
  { cluster, secrets }: TrustedCluster,
  node: Node,
  options: RecoverOptions,
): Promise<Plan> => {
  const lifetime = parseDuration("--ttl", options.ttl);
  const snapshot = await io.progress.stage(`reading ${options.snapshot}`, () =>
    readSnapshot(io, options.snapshot, ownMark(secrets)),
  );
  noteStranger(io, snapshot);
  await io.progress.stage("asking whether the cluster is alive", () => checkDead(io, cluster, secrets, options.server));
  const expires = new Date(io.now().getTime() + lifetime);
  const id = Buffer.from(io.random(8)).toString("hex");
  const begun = recovering(cluster, node.name, { id, sha256: snapshot.sha256, expires });
  // The order and the drive come together: neither is written when the other cannot be.
  await checkSeeds(io, begun, secrets, options.output);
  await checkOurs(io, join(options.output, cluster.name), driveOf(node));
  const folder = join(options.output, cluster.name, node.name);
  return { cluster: begun, id, node, others: otherMasters(cluster, node), snapshot, expires, folder };
};

/** What to print. Rejects with DiagnosticError, UsageError or ToolError. */
export const recover = async (io: Io, options: RecoverOptions): Promise<string> => {
  parseDuration("--ttl", options.ttl);
  const loaded = await loadTrustedCluster(io, options);
  noteWarnings(io, loaded.warnings);
  const node = findNode(loaded.cluster, options.node);
  checkMaster(loaded.cluster, node);
  const plan = await planOf(io, loaded, node, options);
  const aim = `To recover ${plan.cluster.name} on ${node.name}`;
  const agreed = await confirmed(aim, stepsOf(plan), options);
  const seeds = agreed ? await write(io, plan, loaded.secrets, options.output) : undefined;
  return told(plan, seeds, options);
};
