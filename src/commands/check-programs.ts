// `kimg check --with-programs`: what is rendered, given to those who will read it on the node. Their complaints come back to the place in
// cluster.yaml that caused them; what is the role's own has no place there, and the role is named.
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Diagnostic, Path } from "../diagnostic.ts";
import { cacheFolder, openCache, type Cache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import type { Cluster, FileTree, Json, JsonValue, Node } from "../model.ts";
import { askCloudInit, cloudInitSaid } from "../programs/cloud-init.ts";
import { kubeadmSaid } from "../programs/kubeadm.ts";
import type { Said } from "../programs/said.ts";
import { renderCluster } from "../render/render.ts";
import { toYaml } from "../render/yaml.ts";
import { appendedArguments, appendedWork } from "../resolve/merge.ts";
import { originOf, type Layer } from "../resolve/origin.ts";
import { generateSecrets } from "../secrets/secrets.ts";
import { supply } from "../supply/supply.ts";
import { withWorkFolder } from "../tools/as-root.ts";
import { sandboxed, type Bind, type Sandboxed } from "../tools/sandbox.ts";
import { toolsTree, type ToolsTree } from "../tools/tools.ts";

/** A node's document for a program, and which section of cluster.yaml was merged into it. */
interface Judged {
  readonly node: Node;
  readonly section: Path;
  readonly document: JsonValue;
  readonly said: readonly Said[];
}

/** A step of the path in plain data; undefined where there is none. */
const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (here, part) =>
      typeof here === "object" && here !== null ? (here as Record<string | number, unknown>)[part] : undefined,
    value,
  );

/** Where pass-through for a node may stand, the lowest layer first. */
const placesOf = (config: unknown, node: Node): readonly Path[] => {
  const list = node.pool ? "pools" : "nodes";
  const index = (at(config, [list]) as readonly { readonly name: string }[]).findIndex(
    ({ name }) => name === node.name,
  );
  return [[], ["roles", node.role.name], [list, index]];
};

const layersOf = (config: unknown, node: Node, section: Path): readonly Layer[] =>
  placesOf(config, node).flatMap((place) => {
    const value = at(config, [...place, ...section]);
    return value === undefined ? [] : [{ at: [...place, ...section], value: value as Json }];
  });

const complaintOf = (config: unknown, { node, section, document }: Judged, { path, message }: Said): Diagnostic => {
  const cloudInit = section[0] === "cloudConfig";
  const appended = cloudInit ? appendedWork : appendedArguments;
  const origin = originOf(path, document, layersOf(config, node, section), appended);
  return {
    severity: "error",
    code: cloudInit ? "program/cloud-init" : "program/kubeadm",
    message: `${cloudInit ? "cloud-init" : "kubeadm"} refuses this: ${message}`,
    ...(origin === undefined
      ? { hint: `it is in what the role ${node.role.name} renders for ${node.name}, not in this document` }
      : { path: origin, hint: `asked for ${node.name}; its documentation has every field` }),
  };
};

/** Nodes that are rendered from the same things are asked for once. */
const distinct = (nodes: readonly Node[]): readonly Node[] => [
  ...new Map(
    nodes.map((node) => [JSON.stringify([node.role.name, node.image.suite, node.pool, node.passThrough]), node]),
  ).values(),
];

const anyCode = Array.from({ length: 256 }, (_, code) => code);

type Ask = (program: Pick<Sandboxed, "argv" | "binds">, accept?: readonly number[]) => Promise<string>;

const asking =
  (io: Io, tree: ToolsTree, doing: string): Ask =>
  async (program, accept = [0]) => {
    const { stdout, stderr } = await io.processes.run(sandboxed(io, tree, { doing, accept, ...program }));
    return accept === anyCode ? stderr : stdout;
  };

const sectionsByKind: Readonly<Record<string, Path>> = {
  InitConfiguration: ["kubeadm", "InitConfiguration"],
  ClusterConfiguration: ["kubeadm", "ClusterConfiguration"],
  JoinConfiguration: ["kubeadm", "JoinConfiguration"],
  KubeletConfiguration: ["kubelet"],
  KubeProxyConfiguration: ["kubeProxy"],
};

const kubeadmFiles = ["init.yaml", "join.yaml", "patches/kubeletconfiguration0+merge.yaml"];

const textOf = (tree: FileTree, path: string): string | undefined => {
  const bytes = tree.get(path)?.bytes;
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
};

/** Each document of kubeadm's files, and what makes a whole configuration of it for kubeadm to judge alone. */
const kubeadmDocuments = (cluster: Cluster, tree: FileTree, node: Node) =>
  kubeadmFiles.flatMap((file) => {
    const text = textOf(tree, `${node.name}/files/etc/kimg/kubeadm/${file}`);
    if (text === undefined) return [];
    const kubelet = { apiVersion: "kubelet.config.k8s.io/v1beta1", kind: "KubeletConfiguration" };
    return parseAllDocuments(text).flatMap((parsed) => {
      const document = { ...(file.startsWith("patches/") ? kubelet : {}), ...(parsed.toJS() as Json) };
      const section = sectionsByKind[String(document["kind"])];
      return section === undefined ? [] : [{ node, section, document, whole: wholeOf(cluster, document) }];
    });
  });

const wholeOf = (cluster: Cluster, document: Json): string => {
  const alone = ["ClusterConfiguration", "JoinConfiguration"].includes(String(document["kind"]));
  const least = {
    apiVersion: "kubeadm.k8s.io/v1beta4",
    kind: "ClusterConfiguration",
    kubernetesVersion: `v${cluster.kubernetes.version}`,
  };
  return `${alone ? "" : `${toYaml(least)}---\n`}${toYaml(document)}`;
};

const judgeKubeadm = async (
  io: Io,
  cache: Cache,
  folder: string,
  cluster: Cluster,
  tree: FileTree,
  nodes: readonly Node[],
) => {
  const { kubernetes } = cluster;
  const parts = await supply(io, cache, {
    kubernetes,
    packages: ["kubeadm"],
    images: [],
    architecture: "amd64",
    epoch: 0,
  });
  const files = await io.files.list(parts.packages);
  const deb = files.find((name) => name.startsWith("kubeadm_")) ?? "kubeadm";
  const unpacked = join(folder, "kubeadm");
  await io.processes.run({ doing: "unpacking kubeadm", argv: ["dpkg-deb", "-x", join(parts.packages, deb), unpacked] });
  const ask = asking(io, await toolsTree(io, cache, { suite: "trixie", packages: [] }), "asking kubeadm");
  const judged: Judged[] = [];
  for (const { whole, ...asked } of nodes.flatMap((node) => kubeadmDocuments(cluster, tree, node))) {
    const file = join(folder, "configuration.yaml");
    await io.files.write(file, whole);
    const argv = ["/program", "config", "validate", "--config", "/configuration.yaml"] as const;
    const binds: readonly Bind[] = [
      { from: join(unpacked, "usr/bin/kubeadm"), to: "/program" },
      { from: file, to: "/configuration.yaml" },
    ];
    judged.push({ ...asked, said: kubeadmSaid(asked.document, await ask({ argv, binds }, anyCode)) });
  }
  return judged;
};

/** Debian's requests, which cloud-init imports, does not come up without the host's certificates. */
const certificates = "/etc/ssl/certs";

const judgeCloudInit = async (
  io: Io,
  cache: Cache,
  folder: string,
  suite: string,
  tree: FileTree,
  nodes: readonly Node[],
) => {
  const seeds = join(folder, `seeds-${suite}`);
  for (const [index, node] of nodes.entries()) {
    for (const file of ["meta-data", "user-data"]) {
      await io.files.write(join(seeds, String(index), file), tree.get(`${node.name}/nocloud/${file}`)?.bytes ?? "");
    }
  }
  await io.files.makeFolder(join(folder, "run"));
  const ask = asking(io, await toolsTree(io, cache, { suite, packages: ["cloud-init"] }), "asking cloud-init");
  const trusted = (await io.files.status(certificates)) === undefined ? [] : [{ from: certificates }];
  const output = await ask({
    argv: ["python3", "-c", askCloudInit],
    binds: [{ from: seeds, to: "/seeds" }, { from: join(folder, "run"), to: "/run", writable: true }, ...trusted],
  });
  return cloudInitSaid(output).flatMap((seed, index): Judged[] => {
    const node = nodes[index];
    return node === undefined ? [] : [{ node, section: ["cloudConfig"], ...seed }];
  });
};

/**
 * Complaints of kubeadm and cloud-init, with paths in `config`, the document as it was read. Secrets are made for this only and thrown
 * away. Rejects with ToolError when a program cannot be had.
 */
export const programDiagnostics = async (io: Io, cluster: Cluster, config: unknown): Promise<readonly Diagnostic[]> => {
  const cache = openCache(io, cacheFolder(io.environment));
  const tree = renderCluster(cluster, await generateSecrets(io, cluster.name));
  const nodes = distinct(cluster.nodes);
  const suites = [...new Set(nodes.map(({ image }) => image.suite))];
  const judged = await withWorkFolder(io, cache, async (folder) => {
    const all: Judged[] = [...(await judgeKubeadm(io, cache, folder, cluster, tree, nodes))];
    for (const suite of suites) {
      const those = nodes.filter(({ image }) => image.suite === suite);
      all.push(...(await judgeCloudInit(io, cache, folder, suite, tree, those)));
    }
    return all;
  });
  const complaints = judged.flatMap((each) => each.said.map((said) => complaintOf(config, each, said)));
  // What many nodes have from one place is said once.
  return [
    ...new Map(
      complaints.map((each) => [
        JSON.stringify([each.code, each.path, each.path ? "" : each.hint, each.message]),
        each,
      ]),
    ).values(),
  ];
};
