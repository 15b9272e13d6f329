// Asks HAProxy of the image's suite about the configuration of each node that has one, among the files that the node will have. Must not
// know where a line of it comes from.
import { join } from "node:path";
import type { Cache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import type { FileTree, Node } from "../model.ts";
import { sandboxed } from "../tools/sandbox.ts";
import { toolsTree, type ToolsTree } from "../tools/tools.ts";
import { type SaidOfLine, haproxySaid, unresolvedNames } from "./haproxy.ts";

/** On the node, without a slash in front. */
export const haproxyConfiguration = "etc/haproxy/haproxy.cfg";

export interface JudgedConfiguration {
  readonly node: Node;
  readonly said: readonly SaidOfLine[];
}

interface Configured {
  readonly node: Node;
  readonly text: string;
}

/** Those with the same text on the same image are asked for once. */
const configuredNodes = (tree: FileTree, nodes: readonly Node[]): readonly Configured[] => {
  const all = nodes.flatMap((node): Configured[] => {
    const bytes = tree.get(`${node.name}/files/${haproxyConfiguration}`)?.bytes;
    return bytes === undefined ? [] : [{ node, text: Buffer.from(bytes).toString() }];
  });
  return [
    ...new Map(all.toReversed().map((each) => [JSON.stringify([each.node.image.name, each.text]), each])).values(),
  ];
};

/** Of the image, of the role, of the seed: the last wins. */
const filesOf = (tree: FileTree, { name, image, role }: Node): FileTree => {
  const start = `${name}/files/`;
  const seed = [...tree].filter(([path]) => path.startsWith(start));
  return new Map([
    ...image.files,
    ...role.files,
    ...seed.map(([path, file]) => [path.slice(start.length), file] as const),
  ]);
};

/** The package's own scripts have not run, so that its user is missing. */
const withUser = async (io: Io, root: string): Promise<void> => {
  for (const [file, line] of [
    ["etc/passwd", "haproxy:x:100:100::/var/lib/haproxy:/usr/sbin/nologin\n"],
    ["etc/group", "haproxy:x:100:\n"],
  ] as const) {
    const path = join(root, file);
    await io.files.write(path, `${await io.files.readText(path)}${line}`);
  }
};

const inSandbox = new Set([
  "bin",
  "dev",
  "etc",
  "lib",
  "lib32",
  "lib64",
  "libx32",
  "proc",
  "sbin",
  "tmp",
  "usr",
  "var",
]);

/** A link of the tree's may be absolute, and lead to the host. */
const leadsAway = async (io: Io, root: string, path: string): Promise<boolean> => {
  const folders = path.split("/").map((_, index, parts) => join(root, ...parts.slice(0, index)));
  for (const folder of folders) if ((await io.files.status(folder))?.kind === "link") return true;
  return false;
};

/** The tools tree with the node's files in it: what a configuration names is looked for. Files are linked, and what is written replaces them. */
const nodeRoot = async (io: Io, programs: ToolsTree, files: FileTree, root: string): Promise<ToolsTree> => {
  const argv = ["cp", "-al", programs.folder, root] as const;
  await io.processes.run({ doing: "copying HAProxy", argv });
  await withUser(io, root);
  for (const [path, { bytes, mode }] of files) {
    if (!(await leadsAway(io, root, path))) await io.files.write(join(root, path), bytes, mode);
  }
  return { ...programs, folder: root };
};

/** For documentation, and led to by nobody: RFC 5737 and RFC 3849. */
const addresses = ["192.0.2.1", "2001:db8::1"];

const hostsText = (names: readonly string[]): string =>
  ["127.0.0.1 localhost", ...names.flatMap((name) => addresses.map((address) => `${address} ${name}`)), ""].join("\n");

/** A name that only the node's network knows is nothing wrong: it is given an address, and HAProxy asked again. */
const ask = async (
  io: Io,
  root: ToolsTree,
  text: string,
  names: readonly string[] = [],
): Promise<readonly SaidOfLine[]> => {
  await io.files.write(join(root.folder, "etc/hosts"), hostsText(names));
  const others = (await io.files.list(root.folder)).filter((name) => !inSandbox.has(name));
  const { code, stdout, stderr } = await io.processes.run(
    sandboxed(io, root, {
      doing: "asking HAProxy",
      argv: ["haproxy", "-c", "-f", `/${haproxyConfiguration}`],
      binds: others.map((name) => ({ from: join(root.folder, name), to: `/${name}` })),
      accept: [0, 1, 2],
    }),
  );
  const said = haproxySaid(text, code, `${stdout}\n${stderr}`);
  const unknown = unresolvedNames(said).filter((name) => !names.includes(name));
  return unknown.length === 0 ? said : ask(io, root, text, [...names, ...unknown]);
};

/** Of all nodes that the tree has. `folder`: private. */
export const judgeByHaproxy = async (
  io: Io,
  cache: Cache,
  tree: FileTree,
  nodes: readonly Node[],
  folder: string,
): Promise<readonly JudgedConfiguration[]> => {
  const judged: JudgedConfiguration[] = [];
  for (const [index, { node, text }] of configuredNodes(tree, nodes).entries()) {
    const programs = await toolsTree(io, cache, { suite: node.image.suite, packages: ["haproxy"] });
    const said = await io.progress.stage(`asking HAProxy of ${node.image.suite}`, async () => {
      const root = await nodeRoot(io, programs, filesOf(tree, node), join(folder, `haproxy-${index}`));
      return ask(io, root, text);
    });
    judged.push({ node, said });
  }
  return judged;
};
