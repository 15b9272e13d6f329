// Two cluster.yaml files, once resolved → how the clusters differ. Values that may be secret are compared and not told.
import type { Io } from "../edge/io.ts";
import { canonicalHash } from "../edge/cache.ts";
import { compareMaps, type Difference, leavesOf, sameValue } from "../inspect/difference.ts";
import type { Cluster, Json, JsonValue } from "../model.ts";
import { redaction, resolvedCluster } from "../render/resolved.ts";
import { resolveCluster } from "../resolve/resolve.ts";
import { loadCluster } from "./check.ts";

/** Differs where the values differ; stays in this process, since short passwords could be tried out on it. */
const mark = (value: JsonValue): string => `\0hidden ${canonicalHash(value)}`;

/** With what `cluster.resolved.yaml` leaves out for fear of passwords in it. */
const comparable = (cluster: Cluster): Json => ({
  ...resolvedCluster(cluster, mark),
  manifests: cluster.manifests.map(({ name, text }) => ({ name, text: mark(text) })),
  "maintenance.snapshots.upload": mark(cluster.maintenance.snapshots && cluster.maintenance.snapshots.upload),
});

const shown = (value: JsonValue): string => {
  if (typeof value !== "string") return JSON.stringify(value);
  return value.startsWith("\0") ? redaction : value;
};

const sectionOf = (place: string): string => /^\.(?:nodes\[[^\]]*\]|[^.[]+)/.exec(place)?.[0].slice(1) ?? "cluster";

/** Of a whole node that is there on one side only, its role says enough. */
const condensed = (differences: readonly Difference[]): readonly Difference[] => {
  const gone = new Map<string, Difference[]>();
  for (const each of differences) gone.set(each.of, [...(gone.get(each.of) ?? []), each]);
  return [...gone].flatMap(([of, all]) => {
    const { change } = all[0] ?? {};
    const whole = of.startsWith("nodes[") && change !== "changed" && all.every((each) => each.change === change);
    const role = whole ? all.find(({ what }) => what === "role") : undefined;
    return role === undefined ? all : [{ ...role, of: "nodes", what: of.slice("nodes[".length, -1) }];
  });
};

const load = async (io: Io, cluster: string, libraries: readonly string[]): Promise<ReadonlyMap<string, JsonValue>> => {
  const { config, library, manifests } = await loadCluster(io, { cluster, libraries });
  return leavesOf(comparable(resolveCluster(config, library, manifests)));
};

/** Rejects with DiagnosticError when one of them is wrong. */
export const clusterDifferences = async (
  io: Io,
  [a, b]: readonly [string, string],
  libraries: readonly string[],
): Promise<readonly Difference[]> => {
  const sides = [await load(io, a, libraries), await load(io, b, libraries)] as const;
  const differences = compareMaps("", sides, sameValue, shown).map((difference) => {
    const of = sectionOf(difference.what);
    const what = difference.what.slice(of.length + 1).replace(/^\./, "");
    return { ...difference, of, what: what === "" ? of : what };
  });
  return condensed(differences);
};
