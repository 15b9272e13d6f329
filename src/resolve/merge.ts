// How the user's own fields get into ours: maps merge key by key, lists and scalars replace, null removes (RFC 7396). Some lists
// add up instead: those of work in a cloud-config, and those of arguments in kubeadm's documents.
import type { Json, JsonValue, PassThrough } from "../model.ts";

const isMap = (value: JsonValue | undefined): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

type Join = (below: JsonValue | undefined, above: JsonValue, key: string) => JsonValue;

const mergeMaps = (below: Json, above: Json, join: Join): Json => {
  const merged: Record<string, JsonValue> = { ...below };
  for (const [key, value] of Object.entries(above)) merged[key] = join(below[key], value, key);
  return merged;
};

/** Nulls are kept: what they remove may lie in a layer further down. Lists at the keys in `appended` add up. */
const joining = (appended: ReadonlySet<string>): Join => {
  const join: Join = (below, above, key) => {
    if (isMap(below) && isMap(above)) return mergeMaps(below, above, join);
    const bothLists = Array.isArray(below) && Array.isArray(above);
    return appended.has(key) && bothLists ? [...(below as JsonValue[]), ...(above as JsonValue[])] : above;
  };
  return join;
};

const replacing = joining(new Set());

/** Without our arguments a node would lose its address and the API server its encryption: the user's come after them. */
export const appendedArguments: ReadonlySet<string> = new Set([
  ...["kubeletExtraArgs", "extraArgs", "extraVolumes", "extraEnvs", "certSANs"],
]);
const argumentsOfKubeadm = joining(appendedArguments);

/** Lists of a cloud-config that are work to do. */
export const appendedWork: ReadonlySet<string> = new Set([
  ...["write_files", "bootcmd", "runcmd", "packages", "groups", "users", "ssh_authorized_keys", "mounts"],
]);
const workOfCloudInit = joining(appendedWork);

const withoutNulls = (value: JsonValue): JsonValue => {
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNulls(item)]));
};

/** The user's layers over our own document: nothing of it is null. */
export const mergeOver = (ours: Json, theirs: Json): Json => withoutNulls(mergeMaps(ours, theirs, replacing)) as Json;

/** As `mergeOver`, for kubeadm's documents: lists of arguments and volumes add up. */
export const mergeKubeadm = (ours: Json, theirs: Json): Json =>
  withoutNulls(mergeMaps(ours, theirs, argumentsOfKubeadm)) as Json;

/** As `mergeOver`, for a cloud-config: lists of work add up. */
export const mergeCloudConfig = (ours: Json, theirs: Json): Json =>
  withoutNulls(mergeMaps(ours, theirs, workOfCloudInit)) as Json;

export const noPassThrough: PassThrough = {
  kubeadm: { InitConfiguration: {}, ClusterConfiguration: {}, JoinConfiguration: {} },
  kubelet: {},
  kubeProxy: {},
  containerd: {},
  cloudConfig: {},
};

/** As a layer of cluster.yaml has it: everything may be missing. */
export interface PartialPassThrough {
  readonly kubeadm?: Partial<PassThrough["kubeadm"]> | undefined;
  readonly kubelet?: Json | undefined;
  readonly kubeProxy?: Json | undefined;
  readonly containerd?: Json | undefined;
  readonly cloudConfig?: Json | undefined;
}

/** The very same object when the layer adds nothing: nodes that differ in nothing share what is rendered from it. */
export const mergePassThrough = (below: PassThrough, above: PartialPassThrough | undefined): PassThrough => {
  const { kubeadm, kubelet, kubeProxy, containerd, cloudConfig } = above ?? {};
  if ([kubeadm, kubelet, kubeProxy, containerd, cloudConfig].every((value) => value === undefined)) return below;
  const document = (kind: keyof PassThrough["kubeadm"]): Json =>
    mergeMaps(below.kubeadm[kind], kubeadm?.[kind] ?? {}, argumentsOfKubeadm);
  return {
    kubeadm: {
      InitConfiguration: document("InitConfiguration"),
      ClusterConfiguration: document("ClusterConfiguration"),
      JoinConfiguration: document("JoinConfiguration"),
    },
    kubelet: mergeMaps(below.kubelet, kubelet ?? {}, replacing),
    kubeProxy: mergeMaps(below.kubeProxy, kubeProxy ?? {}, replacing),
    containerd: mergeMaps(below.containerd, containerd ?? {}, replacing),
    cloudConfig: mergeMaps(below.cloudConfig, cloudConfig ?? {}, workOfCloudInit),
  };
};

const equal = (left: JsonValue | undefined, right: JsonValue | undefined): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

/** The JSON merge patch (RFC 7396) that turns one map into the other; empty when they are equal. */
export const mergePatch = (from: Json, to: Json): Json => {
  const removed = Object.keys(from).filter((key) => to[key] === undefined);
  const changed = Object.entries(to).filter(([key, value]) => !equal(from[key], value));
  return Object.fromEntries([
    ...removed.map((key): [string, JsonValue] => [key, null]),
    ...changed.map(([key, value]): [string, JsonValue] => {
      const before = from[key];
      return [key, isMap(before) && isMap(value) ? mergePatch(before, value) : value];
    }),
  ]);
};
