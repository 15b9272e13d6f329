// Asks kubeadm of the cluster's version about each of its documents, in the sandbox. Must not know where in cluster.yaml something comes
// from.
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Path } from "../diagnostic.ts";
import type { Cache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import type { Cluster, FileTree, Json, Node } from "../model.ts";
import { apiVersions } from "../render/kubeadm/v1beta4.ts";
import { toYaml } from "../render/yaml.ts";
import { supply } from "../supply/supply.ts";
import { type Bind, sandboxed } from "../tools/sandbox.ts";
import { toolsTree } from "../tools/tools.ts";
import { cloudInitPackages } from "./ask-cloud-init.ts";
import type { Asked, Judged } from "./asked.ts";
import { kubeadmSaid, knowsField } from "./kubeadm.ts";
import { candidates, fieldNames, renamed } from "./meant-field.ts";
import type { Said } from "./said.ts";

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

/** Each document of kubeadm's files. */
const kubeadmDocuments = (tree: FileTree, node: Node) =>
  kubeadmFiles.flatMap((file) => {
    const text = textOf(tree, `${node.name}/files/etc/kimg/kubeadm/${file}`);
    if (text === undefined) return [];
    const kubelet = { apiVersion: apiVersions.kubelet, kind: "KubeletConfiguration" };
    return parseAllDocuments(text).flatMap((parsed) => {
      const document = { ...(file.startsWith("patches/") ? kubelet : {}), ...(parsed.toJS() as Json) };
      const section = sectionsByKind[String(document["kind"])];
      return section === undefined ? [] : [{ node, section, document }];
    });
  });

/** A configuration that kubeadm takes, with no more in it than the document. */
const wholeOf = (cluster: Cluster, document: Json): string => {
  const alone = document["kind"] === "ClusterConfiguration" || document["kind"] === "JoinConfiguration";
  const least = {
    apiVersion: apiVersions.kubeadm,
    kind: "ClusterConfiguration",
    kubernetesVersion: `v${cluster.kubernetes.version}`,
  };
  return `${alone ? "" : `${toYaml(least)}---\n`}${toYaml(document)}`;
};

/** The program alone, out of the package that nodes have it from. */
const kubeadmOf = async (io: Io, cache: Cache, { cluster, folder }: Asked): Promise<string> => {
  const wanted = { packages: ["kubeadm"], images: [], architecture: "amd64", epoch: 0 } as const;
  const { packages } = await supply(io, cache, { kubernetes: cluster.kubernetes, ...wanted });
  const deb = (await io.files.list(packages)).find((name) => name.startsWith("kubeadm_")) ?? "kubeadm";
  const unpacked = join(folder, "kubeadm");
  await io.processes.run({ doing: "unpacking kubeadm", argv: ["dpkg-deb", "-x", join(packages, deb), unpacked] });
  return join(unpacked, "usr/bin/kubeadm");
};

type AskKubeadm = (document: Json) => Promise<{ readonly code: number; readonly stderr: string }>;

/** A name that kubeadm knows in the place of this one. */
const meantField = async (
  ask: AskKubeadm,
  document: Json,
  path: Path,
  known: () => Promise<ReadonlySet<string>>,
): Promise<string | undefined> => {
  for (const name of candidates(String(path.at(-1)), await known())) {
    const other = renamed(document, path, name) as Json;
    const { code, stderr } = await ask(other);
    if (code === 0 || knowsField(other, [...path.slice(0, -1), name], stderr)) return name;
  }
  return undefined;
};

const judgeByAsking = async (
  ask: AskKubeadm,
  document: Json,
  known: () => Promise<ReadonlySet<string>>,
): Promise<readonly Said[]> => {
  const { code, stderr } = await ask(document);
  if (code === 0) return [];
  const said: Said[] = [];
  for (const each of kubeadmSaid(document, stderr)) {
    const meant = each.at === "key" ? await meantField(ask, document, each.path, known) : undefined;
    said.push(meant === undefined ? each : { ...each, message: `${each.message}; did you mean "${meant}"?` });
  }
  return said;
};

/** Each document is asked about alone: kubeadm says no more than what is wrong with the first. */
export const judgeByKubeadm = async (io: Io, cache: Cache, asked: Asked): Promise<readonly Judged[]> => {
  const { cluster, tree, nodes, folder } = asked;
  const program = await kubeadmOf(io, cache, asked);
  // A static program: the tree that cloud-init needs anyhow will do.
  const programs = await toolsTree(io, cache, {
    suite: nodes[0]?.image.suite ?? "trixie",
    packages: cloudInitPackages,
  });
  const file = join(folder, "configuration.yaml");
  const binds: readonly Bind[] = [
    { from: program, to: "/program" },
    { from: file, to: "/configuration.yaml" },
  ];
  const argv = ["/program", "config", "validate", "--config", "/configuration.yaml"] as const;
  const ask: AskKubeadm = async (document) => {
    await io.files.write(file, wholeOf(cluster, document));
    return io.processes.run(sandboxed(io, programs, { doing: "asking kubeadm", argv, binds, accept: [0, 1] }));
  };
  let names: ReadonlySet<string> | undefined;
  const known = async () => (names ??= fieldNames(await io.files.read(program)));
  return io.progress.stage("asking kubeadm", async () => {
    const judged: Judged[] = [];
    for (const each of nodes.flatMap((node) => kubeadmDocuments(tree, node))) {
      judged.push({ ...each, said: await judgeByAsking(ask, each.document, known) });
    }
    return judged;
  });
};
