// Cluster + Secrets → FileTree: one folder a node or pool, with its seed in the form of each datasource, and with what the seed will write,
// for people to read. Pure, and the same bytes for the same input. What is alike for the nodes of a role is rendered once (alike.ts).
import { DiagnosticError, type Diagnostic } from "../diagnostic.ts";
import type { Cluster, DatasourceName, FileEntry, FileTree, Json, Node, Secrets } from "../model.ts";
import { ordinalOf, type Rendering, type Shared, sharedOf, startRendering } from "./alike.ts";
import { gzip, utf8 } from "./bytes.ts";
import {
  budgetDiagnostics,
  type Measured,
  measured,
  partSizes,
  type Travelling,
  travelling,
} from "./datasources/budget.ts";
import type { Seed, SeedFile } from "./datasources/datasource.ts";
import { datasourceOf } from "./datasources/index.ts";
import { fillMarkers, hasMarker, hasMetadata, metadataStatement } from "./jinja.ts";
import { checkTree } from "./leak-check.ts";
import { instanceId, nodeMetadata, seedDigest, withSeedDigest } from "./metadata.ts";
import { networkValues } from "./network-config.ts";
import { resolvedText } from "./resolved.ts";
import { userDataText } from "./seed.ts";

const refuseMissing = (node: Node, { paths }: Shared, metadata: Json): void => {
  const missing = paths.filter((path) => !hasMetadata(metadata, path));
  if (missing.length === 0) return;
  throw new DiagnosticError(
    missing.map((path) => ({
      severity: "error",
      code: "render/no-metadata",
      message: `${node.name}: the role ${node.role.name} reads ${path} from the meta-data, and this ${node.pool ? "pool" : "node"} has none`,
      hint:
        node.addresses.length === 0
          ? "only nodes with an address have address and node_ip"
          : "see docs/architecture.md, Content",
    })),
  );
};

/** A seed holds tokens, if not keys: on a shared machine it stays its owner's. */
const secretMode = 0o600;

/** Bytes that many nodes share are compressed once. */
const compressor = (): ((bytes: Uint8Array) => Uint8Array) => {
  const before = new WeakMap<Uint8Array, Uint8Array>();
  return (bytes) => {
    const compressed = before.get(bytes) ?? gzip(bytes);
    before.set(bytes, compressed);
    return compressed;
  };
};

type Compress = ReturnType<typeof compressor>;

const seedOf = (rendering: Rendering, shared: Shared, node: Node, kimg: Json, compress: Compress): Seed => {
  const { cluster, leaks } = rendering;
  const values = networkValues(node);
  const networkConfig = fillMarkers(shared.networkConfig, values);
  const metaData = fillMarkers(shared.metaData, kimg);
  const digest = seedDigest(metaData, networkConfig, shared.userDataDigest);
  return {
    cluster: cluster.name,
    network: cluster.network,
    seedUrl: cluster.platform.seedUrl,
    node,
    kimg,
    instanceId: instanceId(cluster.name, node.name, digest),
    hostname: node.pool ? undefined : node.name,
    metaData: withSeedDigest(metaData, digest),
    networkConfig,
    nestedNetworkConfig: () => fillMarkers(shared.nestedNetworkConfig(), values),
    userData: shared.userData,
    userDataSetting: (expression) => utf8(userDataText(shared.namingBody(), metadataStatement(expression))),
    gzip: (bytes) => {
      leaks.check(node.role.bootstrap, `${node.name}'s seed`, bytes);
      return compress(bytes);
    },
  };
};

/** Copies of what cloud-init will write, with the values of the meta-data filled in. */
const readableFiles = ({ leaks }: Rendering, shared: Shared, metadata: Json): readonly [string, FileEntry][] =>
  shared.files.map(({ path, mode, text, bytes: plain }) => {
    const bytes = hasMarker(text) ? utf8(fillMarkers(text, metadata)) : plain;
    const readable = mode & 0o777;
    return [`files/${path}`, { mode: leaks.isConfidential(bytes) ? readable & 0o700 : readable, bytes }];
  });

/** What a node's machine is told. */
export interface RenderedSeed {
  /** In every form; paths start with the node's name. */
  readonly tree: FileTree;
  /** What user-data finds below `ds.meta_data.kimg`. */
  readonly kimg: Json;
  readonly userData: Uint8Array;
  readonly travelling: readonly Travelling[];
}

interface RenderedNode extends RenderedSeed {
  readonly sizes: readonly Measured[];
}

const renderNode = (rendering: Rendering, node: Node, compress: Compress): RenderedNode => {
  const metadata = nodeMetadata(rendering.metadata, node, ordinalOf(rendering, node), rendering.secrets);
  const shared = sharedOf(rendering, node, metadata);
  refuseMissing(node, shared, metadata);
  const seed = seedOf(rendering, shared, node, metadata, compress);
  const forms = rendering.cluster.platform.datasources.map((name): readonly [DatasourceName, readonly SeedFile[]] => [
    name,
    datasourceOf(name).files(seed),
  ]);
  const files = [
    ...readableFiles(rendering, shared, metadata),
    ...forms.flatMap(([, each]) =>
      each.map(({ path, bytes }): [string, FileEntry] => [path, { mode: secretMode, bytes }]),
    ),
  ];
  const tree = new Map(files.map(([path, entry]) => [`${node.name}/${path}`, entry]));
  checkTree(rendering.leaks, node.role.bootstrap, tree);
  const parts = (compressed: boolean) => partSizes(shared.files, compressed ? compress : undefined);
  const all = forms.flatMap(([name, each]) => travelling(name, each));
  return { tree, kimg: metadata, userData: shared.userData, travelling: all, sizes: measured(node, all, parts) };
};

const byPath = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number =>
  left < right ? -1 : 1;

export interface RenderedCluster {
  /** `<node>/<datasource>…`, `<node>/files/…` and `cluster.resolved.yaml`. */
  readonly tree: FileTree;
  /** By the names of nodes and pools. */
  readonly seeds: ReadonlyMap<string, RenderedSeed>;
  /** Of seeds that a platform does not take, or nearly not. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Of the given nodes only, where there are any. Throws SecretLeak when a node would get a secret that its role may not hold. */
export const renderAll = (cluster: Cluster, secrets: Secrets, only?: readonly string[]): RenderedCluster => {
  const rendering = startRendering(cluster, secrets);
  const compress = compressor();
  const nodes = cluster.nodes.filter(({ name }) => only?.includes(name) ?? true);
  const seeds = new Map(nodes.map((node) => [node.name, renderNode(rendering, node, compress)]));
  const rendered = [...seeds.values()];
  const files = rendered.flatMap(({ tree }) => [...tree]);
  const resolved: [string, FileEntry] = ["cluster.resolved.yaml", { mode: 0o644, bytes: utf8(resolvedText(cluster)) }];
  return {
    tree: new Map([...files, ...(only === undefined ? [resolved] : [])].toSorted(byPath)),
    seeds,
    diagnostics: budgetDiagnostics(rendered.flatMap(({ sizes }) => sizes)),
  };
};

export interface RenderedSeeds {
  readonly tree: FileTree;
  readonly warnings: readonly Diagnostic[];
}

/** As `renderAll`. Throws DiagnosticError when a platform does not take what it would. */
export const renderSeeds = (cluster: Cluster, secrets: Secrets, only?: readonly string[]): RenderedSeeds => {
  const { tree, diagnostics } = renderAll(cluster, secrets, only);
  if (diagnostics.some(({ severity }) => severity === "error")) throw new DiagnosticError(diagnostics);
  return { tree, warnings: diagnostics };
};

/** All of `renderSeeds` but its warnings. */
export const renderCluster = (cluster: Cluster, secrets: Secrets): FileTree => renderSeeds(cluster, secrets).tree;
