// `kimg replace`: makes room in the cluster for a machine that takes a dead one's place, and makes its seed. Finds out everything first, says
// what it will do, and can be run again after whatever stopped it.
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { DiagnosticCode } from "../codes/index.ts";
import { DiagnosticError, ToolError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Cluster, Node } from "../model.ts";
import { type Api, openApi } from "../operate/api.ts";
import { mintToken } from "../operate/bootstrap-token.ts";
import { type Etcd, type EtcdEntry, type EtcdMember, openEtcd } from "../operate/etcd.ts";
import { planMemberRemoval } from "../operate/member-removal.ts";
import { observeNodes, type ObservedNode } from "../operate/observed.ts";
import { bareAddress, mastersOf } from "../resolve/resolve.ts";
import { type SecretsUpdate, updateSecretsFile } from "../secrets/file.ts";
import { findNode } from "./cluster-node.ts";
import { confirmed } from "./confirm.ts";
import { formatMoment, parseDuration } from "./duration.ts";
import { checkTokenSeeds, holders, keepToken, tokenName } from "./kept-token.ts";
import { checkSeeds, writeSeeds } from "./render.ts";
import { type ConfirmedOptions, loadTrustedCluster, noteWarnings, type TrustedCluster } from "./trusted-cluster.ts";

export interface ReplaceOptions extends ConfirmedOptions {
  /** How long the new machine has to join, such as `24h`. */
  readonly ttl: string;
}

interface Step {
  /** As an order: "remove the etcd member cp2". */
  readonly what: string;
  readonly run: (update: SecretsUpdate) => Promise<void>;
}

const refuse = (code: DiagnosticCode, message: string, hint: string): DiagnosticError =>
  new DiagnosticError([{ severity: "error", code, message, hint }]);

const checkReplaceable = (cluster: Cluster, { name, pool, role }: Node): void => {
  if (pool) {
    const hint =
      "delete the machine's own name with kubectl delete node, then boot another: kimg token --render makes its seed good again";
    throw refuse("replace/pool", `${name} is a pool: its machines have names of their own`, hint);
  }
  if (role.bootstrap !== "init" || cluster.state === "existing") return;
  const message = `${name} makes a cluster where it finds none, and cluster.yaml does not say that there is one`;
  throw refuse("replace/not-sealed", message, "kimg seal, then again");
};

const checkDead = ({ name }: Node, observed: ObservedNode | undefined): void => {
  if (observed?.ready !== true) return;
  const hint = `two machines must never have one name: kubectl drain ${name}, switch it off, and wait until it is NotReady`;
  throw refuse("replace/still-alive", `${name} is Ready`, hint);
};

/** The other masters, those that are Ready first; who asks DHCP for an address is known to the API only. */
const entriesOf = (cluster: Cluster, node: Node, nodes: readonly ObservedNode[]): readonly EtcdEntry[] => {
  const written = mastersOf(cluster.nodes).filter(({ pool }) => !pool);
  const observed = nodes
    .filter(({ controlPlane }) => controlPlane)
    .toSorted((left, right) => Number(right.ready) - Number(left.ready));
  const addressOf = new Map(
    [
      ...observed.map(({ name, addresses }) => [name, addresses[0]] as const),
      ...written.map(
        ({ name, addresses: [first] }) => [name, first === undefined ? undefined : bareAddress(first)] as const,
      ),
    ].filter(([, address]) => address !== undefined),
  );
  addressOf.delete(node.name);
  return [...addressOf].map(([name, address]) => ({ name, address: address ?? "" }));
};

const hasMember = (node: Node): boolean => mastersOf([node]).length > 0;

const memberStep = (etcd: Etcd, member: EtcdMember): Step => ({
  what: `remove the etcd member ${member.name || member.id} (${etcd.url})`,
  run: () => etcd.remove(member),
});

const nodeStep = (api: Api, { name, uid }: ObservedNode): Step => ({
  what: `delete the node ${name} from the API`,
  run: async () => void (await api.remove(`/api/v1/nodes/${name}`, uid)),
});

const tokenStep = (io: Io, api: Api, cluster: Cluster, node: Node, options: ReplaceOptions): Step => {
  const name = tokenName(node);
  return {
    what: `mint a ${name} for ${options.ttl}, and put it into the seeds of ${holders(cluster, name).join(", ")}`,
    run: async (update) => {
      const minted = await mintToken(
        io,
        api,
        parseDuration("--ttl", options.ttl),
        `replaces ${node.name}, minted by kimg`,
      );
      io.progress.note(await keepToken(io, cluster, update, name, minted, options.output));
      io.progress.note(`the token is good until ${formatMoment(minted.ends)}`);
    },
  };
};

const mayRemove = (etcd: Etcd, node: Node): readonly EtcdMember[] => {
  const removal = planMemberRemoval(etcd.members, node.name, node.addresses.map(bareAddress));
  if (removal.kind === "refused") throw new DiagnosticError([removal.diagnostic]);
  return removal.members;
};

/** An API server whose etcd has no quorum does not answer: then that is what is to be told. */
const nodesOrReason = async (io: Io, api: Api, { cluster, secrets }: TrustedCluster, node: Node) => {
  try {
    return await observeNodes(api);
  } catch (error) {
    const entries = entriesOf(cluster, node, []);
    if (error instanceof ToolError && hasMember(node) && entries.length > 0) {
      const etcd = await openEtcd(io, secrets, entries).catch(() => undefined);
      if (etcd !== undefined) mayRemove(etcd, node);
    }
    throw error;
  }
};

/** Asks the cluster, and changes nothing. */
const plan = async (io: Io, loaded: TrustedCluster, node: Node, options: ReplaceOptions): Promise<readonly Step[]> => {
  const { cluster, secrets } = loaded;
  if (node.role.bootstrap === "load-balancer") {
    const run: Step["run"] = async (update) =>
      io.progress.note(await writeSeeds(io, cluster, update.secrets, options.output, [node.name]));
    return [{ what: "render its seed: a load balancer is nothing to the cluster but an address", run }];
  }
  const api = await openApi(io, cluster, secrets, options.server);
  const nodes = await nodesOrReason(io, api, loaded, node);
  const observed = nodes.find(({ name }) => name === node.name);
  checkDead(node, observed);
  const etcd = hasMember(node) ? await openEtcd(io, secrets, entriesOf(cluster, node, nodes)) : undefined;
  return [
    ...(etcd === undefined ? [] : mayRemove(etcd, node).map((member) => memberStep(etcd, member))),
    ...(observed === undefined ? [] : [nodeStep(api, observed)]),
    tokenStep(io, api, cluster, node, options),
  ];
};

/** Seeds that cannot be written are found out before anything is removed. */
const checkNewSeed = (io: Io, { cluster, secrets }: TrustedCluster, node: Node, output: string): Promise<void> =>
  node.role.bootstrap === "load-balancer"
    ? checkSeeds(io, cluster, secrets, output, [node.name])
    : checkTokenSeeds(io, cluster, secrets, tokenName(node), output);

const wordsOf = (steps: readonly Step[]): readonly string[] => steps.map(({ what }) => what);

const told = (
  node: Node,
  steps: readonly Step[],
  done: boolean,
  { json, output }: ReplaceOptions,
  cluster: Cluster,
): string => {
  const seed = join(output, cluster.name, node.name);
  if (json) return JSON.stringify({ node: node.name, done, steps: wordsOf(steps), seed }, undefined, 2);
  const list = wordsOf(steps).map((what) => `  ${what}`);
  if (!done) return [`${node.name}: nothing was done. It would be:`, ...list].join("\n");
  return [`${node.name} can be replaced:`, ...list, `Boot the new machine with its image and the seed ${seed}.`].join(
    "\n",
  );
};

/** A person may have taken an hour to answer: what is done is what the cluster is by then, and still what they agreed to. */
const checkUnchanged = ({ name }: Node, agreed: readonly Step[], now: readonly Step[]): void => {
  if (isDeepStrictEqual(wordsOf(agreed), wordsOf(now))) return;
  const message = `the cluster has changed since the question; now it would be: ${wordsOf(now).join("; ")}`;
  throw refuse("replace/changed", message, `nothing was done: kimg replace ${name} asks again`);
};

/** What to print. Rejects with DiagnosticError, UsageError or ToolError. */
export const replace = async (io: Io, options: ReplaceOptions): Promise<string> => {
  parseDuration("--ttl", options.ttl);
  const loaded = await loadTrustedCluster(io, options);
  noteWarnings(io, loaded.warnings);
  const { cluster } = loaded;
  const node = findNode(cluster, options.node);
  checkReplaceable(cluster, node);
  await checkNewSeed(io, loaded, node, options.output);
  const look = () => io.progress.stage(`asking the cluster about ${node.name}`, () => plan(io, loaded, node, options));
  const steps = await look();
  const done = await confirmed(`To replace ${node.name}`, wordsOf(steps), options);
  const current = done && !options.yes ? await look() : steps;
  checkUnchanged(node, steps, current);
  if (done) {
    await updateSecretsFile(io, loaded.secretsFile, loaded, async (update) => {
      for (const { what, run } of current) await io.progress.stage(what, () => run(update));
    });
  }
  return told(node, steps, done, options, cluster);
};
