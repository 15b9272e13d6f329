// The layer under programs that need more than themselves: users, certificates and, for some, a few of Debian's programs.
import { join } from "node:path";
import type { Cache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import type { JsonValue } from "../model.ts";
import { type ToolsTree, toolsTree } from "../tools/tools.ts";
import { type Base, readBase, readCompiler } from "./components.ts";
import { type Descriptor, mediaTypes } from "./oci-layout.ts";
import { type TarEntry, type TarTree, writeTar } from "./tar.ts";

export interface BaseLayer {
  /** Absolute path of the layer's tar. */
  readonly path: string;
  readonly descriptor: Descriptor;
  /** `trixie: iptables 1.8.11-2, nftables …`, for the lock. */
  readonly source: string;
}

/** Raise it when the same packages would give another layer. */
const recipe = 1;

/** What programs do not read: documents, translations, and what belongs to a whole system. */
const leftOut = [
  "usr/share/doc",
  "usr/share/man",
  "usr/share/locale",
  "usr/share/info",
  "usr/share/lintian",
  "usr/share/bash-completion",
  "usr/share/bug",
  "usr/share/zoneinfo",
  "usr/lib/systemd",
  "usr/lib/udev",
];
/** glibc's converters between character sets, wherever the architecture has them. */
const isConverters = (path: string): boolean => /^usr\/lib\/[^/]+\/gconv$/.test(path);

/** The links of a merged /usr, which the loader's fixed path needs. */
const mergedUsr = ["bin", "sbin", "lib", "lib64"];

const text = (content: string): TarEntry => ({ kind: "file", mode: 0o644, bytes: Buffer.from(content) });

const certificatesFolder = "usr/share/ca-certificates/mozilla";

/** What update-ca-certificates would write. */
const certificateBundle = async (io: Io, tree: ToolsTree): Promise<TarEntry> => {
  const folder = join(tree.folder, certificatesFolder);
  const certificates = (await io.files.list(folder)).filter((name) => name.endsWith(".crt"));
  const texts = await Promise.all(certificates.map((name) => io.files.readText(join(folder, name))));
  return text(texts.map((certificate) => `${certificate.trimEnd()}\n`).join(""));
};

/** The numbers are those of upstream's images: https://github.com/GoogleContainerTools/distroless. */
const systemFiles: readonly (readonly [string, TarEntry])[] = [
  [
    "etc/passwd",
    text("root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"),
  ],
  ["etc/group", text("root:x:0:\nnonroot:x:65532:\n")],
  ["etc/nsswitch.conf", text("hosts: files dns\n")],
  ["run", { kind: "folder", mode: 0o755 }],
  ["tmp", { kind: "folder", mode: 0o1777 }],
];

/** Symbolic links below a folder: relative path → target. */
const readLinks = async (io: Io, folder: string): Promise<ReadonlyMap<string, string>> => {
  const argv = ["find", ".", "-type", "l", "-printf", String.raw`%P\0%l\0`] as const;
  const { stdout } = await io.processes.run({ doing: "listing links", argv: [...argv], folder });
  const fields = stdout.split("\0");
  return new Map(
    fields.flatMap((path, index) => (index % 2 === 0 && path !== "" ? [[path, fields[index + 1] ?? ""]] : [])),
  );
};

/** Adds the folder's files, but no empty folders: none of these programs needs one. */
const collect = async (io: Io, root: string, path: string, into: Map<string, TarEntry>): Promise<void> => {
  if (leftOut.includes(path) || isConverters(path)) return;
  const found = join(root, path);
  const status = await io.files.status(found);
  if (status?.kind === "directory") {
    for (const name of await io.files.list(found)) await collect(io, root, `${path}/${name}`, into);
  } else if (status?.kind === "file") {
    into.set(path, { kind: "disk", mode: (status.mode & 0o111) === 0 ? 0o644 : 0o755, path: found });
  }
};

const debianPrograms = async (io: Io, tree: ToolsTree): Promise<TarTree> => {
  const entries = new Map<string, TarEntry>();
  await collect(io, tree.folder, "usr", entries);
  for (const [path, target] of await readLinks(io, join(tree.folder, "usr"))) {
    const whole = `usr/${path}`;
    if (!leftOut.some((folder) => whole.startsWith(`${folder}/`))) entries.set(whole, { kind: "link", target });
  }
  for (const name of mergedUsr) entries.set(name, { kind: "link", target: `usr/${name}` });
  return entries;
};

const layerTree = async (io: Io, base: Base, tree: ToolsTree): Promise<TarTree> =>
  new Map([
    ...(base.programs ? await debianPrograms(io, tree) : []),
    ...systemFiles,
    ["etc/ssl/certs/ca-certificates.crt", await certificateBundle(io, tree)],
    ...Object.entries(base.links).map(([path, target]) => [path, { kind: "link", target }] as const),
  ]);

const describeSource = (suite: string, base: Base, tree: ToolsTree): string => {
  const versions = new Map(tree.lock.map(({ name, version }) => [name, version]));
  return `Debian ${suite}: ${base.packages.map((name) => `${name} ${versions.get(name) ?? "?"}`).join(", ")}`;
};

/** The layer, made where the cache does not have it. */
export const baseLayer = async (io: Io, cache: Cache, name: string, epoch: number): Promise<BaseLayer> => {
  const base = await readBase(io, name);
  const { suite } = await readCompiler(io);
  const tree = await toolsTree(io, cache, { suite, packages: base.packages });
  const input = { recipe, base: base as unknown as JsonValue, tree: tree.id, epoch };
  const { folder } = await cache.entry({ kind: "base-layer", name }, input, async (made) => {
    const digest = await writeTar(io, await layerTree(io, base, tree), join(made, "layer.tar"), { epoch });
    await io.files.write(join(made, "layer.json"), JSON.stringify(digest));
  });
  const { sha256, size } = JSON.parse(await io.files.readText(join(folder, "layer.json"))) as {
    readonly sha256: string;
    readonly size: number;
  };
  const descriptor = { mediaType: mediaTypes.layer, digest: `sha256:${sha256}`, size };
  return { path: join(folder, "layer.tar"), descriptor, source: describeSource(suite, base, tree) };
};
