// Seeds as `kimg render` writes them: of the lab's cluster.yaml, and of documents that differ from it where a case says so.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { loadCluster } from "../../src/commands/check.ts";
import { render } from "../../src/commands/render.ts";
import { secrets as makeSecrets } from "../../src/commands/secrets.ts";
import type { Io } from "../../src/edge/io.ts";
import type { Cluster, Json } from "../../src/model.ts";
import { mergeOver } from "../../src/resolve/merge.ts";
import { resolveCluster } from "../../src/resolve/resolve.ts";
import { type Place, removeFrom } from "./place.ts";

export const clusterFile = fileURLToPath(new URL("cluster.yaml", import.meta.url));

export const readCluster = async (io: Io): Promise<Cluster> => {
  const { config, library } = await loadCluster(io, { cluster: clusterFile, libraries: [] });
  return resolveCluster(config, library);
};

export interface SeedOptions {
  /** Of its folder. */
  readonly name: string;
  /** Over the lab's cluster.yaml, as a merge patch (RFC 7396). */
  readonly changes?: Json;
  /** Of nodes whose address is not that of cluster.yaml; null for one from DHCP. */
  readonly addresses?: Readonly<Record<string, string | null>>;
  /** Nodes that are left out. */
  readonly without?: readonly string[];
  /** The secrets file; the cluster's own when not given. */
  readonly trust?: string;
}

/** cluster.yaml as it is. */
export const ownSeeds: SeedOptions = { name: "own" };

/** With cluster.yaml, and a folder of the cluster's name with the seeds. */
export const seedsFolder = (place: Place, name: string): string => place.path("seeds", name);

/** Folder of a node's seed, by the node's name. */
export type Seeds = (node: string) => string;

const ownTrust = "own";

export const trustFile = (place: Place, trust = ownTrust): string => place.path("seeds", `${trust}.secrets.yaml`);

/** A fresh trust where there is none of that name. */
export const ensureTrust = async (io: Io, place: Place, trust = ownTrust): Promise<string> => {
  const output = trustFile(place, trust);
  if ((await io.files.status(output)) === undefined) {
    await makeSecrets(io, { cluster: clusterFile, libraries: [], output });
  }
  return output;
};

const withAddress = (node: Json, addresses: Readonly<Record<string, string | null>>): Json => {
  const given = addresses[node["name"] as string];
  if (given === undefined) return node;
  const { address: _, ...rest } = node;
  return given === null ? rest : { ...rest, address: given };
};

interface ClusterDocument extends Json {
  readonly name: string;
  readonly nodes: readonly Json[];
}

export const renderSeeds = async (
  io: Io,
  place: Place,
  { name, changes = {}, addresses = {}, without = [], trust }: SeedOptions,
): Promise<Seeds> => {
  const secrets = trust ?? (await ensureTrust(io, place));
  const document = parse(await io.files.readText(clusterFile)) as ClusterDocument;
  const nodes = document.nodes
    .filter((node) => !without.includes(node["name"] as string))
    .map((node) => withAddress(node, addresses));
  const output = seedsFolder(place, name);
  // A case may have edited what was rendered there before, and `kimg render` overwrites no such file.
  if (name !== ownSeeds.name) await removeFrom(place, io.files, output);
  const cluster = join(output, "cluster.yaml");
  await io.files.write(cluster, stringify(mergeOver({ ...document, nodes }, changes)));
  await render(io, { cluster, libraries: [], secrets, output });
  return seedsIn(place, name, document.name);
};

/** As they were rendered last. */
export const seedsIn =
  (place: Place, name: string, cluster: string): Seeds =>
  (node) =>
    join(seedsFolder(place, name), cluster, node, "nocloud");

/** A lab that is set up anew makes its trust anew. */
export const forgetSeeds = (io: Io, place: Place): Promise<void> => removeFrom(place, io.files, place.path("seeds"));
