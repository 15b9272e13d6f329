// Asks the programs that will read what is rendered: kubeadm of the cluster's version, cloud-init of the image's suite, both in the
// sandbox. Must not know where in cluster.yaml something comes from.
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Path } from "../diagnostic.ts";
import type { Cache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import type { Cluster, FileTree, Json, JsonValue, Node } from "../model.ts";
import { apiVersions } from "../render/kubeadm/v1beta4.ts";
import { toYaml } from "../render/yaml.ts";
import { supply } from "../supply/supply.ts";
import { sandboxed, type Bind, type Sandboxed } from "../tools/sandbox.ts";
import { toolsTree, type ToolsTree } from "../tools/tools.ts";
import { askCloudInit, cloudInitSaid } from "./cloud-init.ts";
import { kubeadmSaid } from "./kubeadm.ts";
import type { Said } from "./said.ts";

/** A node's document for a program, and which section of cluster.yaml is merged into it. */
export interface Judged {
  readonly node: Node;
  readonly section: Path;
  readonly document: JsonValue;
  readonly said: readonly Said[];
}

/** What is asked about. */
export interface Asked {
  readonly cluster: Cluster;
  readonly tree: FileTree;
  readonly nodes: readonly Node[];
  /** A private folder to put files into. */
  readonly folder: string;
}

const run = (io: Io, tree: ToolsTree, program: Sandboxed) => io.processes.run(sandboxed(io, tree, program));

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
    const kubelet = { apiVersion: apiVersions.kubelet, kind: "KubeletConfiguration" };
    return parseAllDocuments(text).flatMap((parsed) => {
      const document = { ...(file.startsWith("patches/") ? kubelet : {}), ...(parsed.toJS() as Json) };
      const section = sectionsByKind[String(document["kind"])];
      return section === undefined ? [] : [{ node, section, document, whole: wholeOf(cluster, document) }];
    });
  });

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

/** Each document is asked about alone: kubeadm says no more than what is wrong with the first. */
export const judgeByKubeadm = async (io: Io, cache: Cache, asked: Asked): Promise<readonly Judged[]> => {
  const { cluster, tree, nodes, folder } = asked;
  const program = await kubeadmOf(io, cache, asked);
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
  return io.progress.stage("asking kubeadm", async () => {
    const judged: Judged[] = [];
    for (const { whole, ...rest } of nodes.flatMap((node) => kubeadmDocuments(cluster, tree, node))) {
      await io.files.write(file, whole);
      const { code, stderr } = await run(io, programs, { doing: "asking kubeadm", argv, binds, accept: [0, 1] });
      judged.push({ ...rest, said: code === 0 ? [] : kubeadmSaid(rest.document, stderr) });
    }
    return judged;
  });
};

const cloudInitPackages = ["cloud-init"];

/** Debian's requests, which cloud-init imports, does not come up without the host's certificates. */
const certificates = "/etc/ssl/certs";

/** The nodes of one suite: each release of cloud-init has a schema of its own. */
const judgeSuite = async (
  io: Io,
  cache: Cache,
  suite: string,
  { tree, nodes, folder }: Asked,
): Promise<readonly Judged[]> => {
  const seeds = join(folder, `seeds-${suite}`);
  for (const [index, node] of nodes.entries()) {
    for (const file of ["meta-data", "user-data"]) {
      await io.files.write(join(seeds, String(index), file), tree.get(`${node.name}/nocloud/${file}`)?.bytes ?? "");
    }
  }
  await io.files.makeFolder(join(folder, "run"));
  const programs = await toolsTree(io, cache, { suite, packages: cloudInitPackages });
  const trusted = (await io.files.status(certificates)) === undefined ? [] : [{ from: certificates }];
  const { stdout } = await io.progress.stage(`asking cloud-init of ${suite}`, () =>
    run(io, programs, {
      doing: "asking cloud-init",
      argv: ["python3", "-c", askCloudInit],
      binds: [{ from: seeds, to: "/seeds" }, { from: join(folder, "run"), to: "/run", writable: true }, ...trusted],
    }),
  );
  return cloudInitSaid(stdout).flatMap((seed, index): Judged[] => {
    const node = nodes[index];
    return node === undefined ? [] : [{ node, section: ["cloudConfig"], ...seed }];
  });
};

export const judgeByCloudInit = async (io: Io, cache: Cache, asked: Asked): Promise<readonly Judged[]> => {
  const judged: Judged[] = [];
  for (const suite of new Set(asked.nodes.map(({ image }) => image.suite))) {
    const nodes = asked.nodes.filter(({ image }) => image.suite === suite);
    judged.push(...(await judgeSuite(io, cache, suite, { ...asked, nodes })));
  }
  return judged;
};
