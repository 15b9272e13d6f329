// `kimg inspect`: what an image, a seed or a folder of kimg's holds, without booting it.
import type { Io } from "../edge/io.ts";
import type { Inspected, InspectedBuild, InspectedImage, InspectedSeed, InspectedTree } from "../inspect/inspect.ts";
import { modeText } from "../inspect/difference.ts";
import { inspectArtifact } from "../inspect/inspect.ts";
import type { FoundFile, FoundFiles, RootFacts } from "../inspect/root-facts.ts";
import type { SeedFacts, SeedFile } from "../inspect/seed-facts.ts";
import type { JsonValue } from "../model.ts";
import { sectorSize } from "../engines/disk/layout.ts";
import { formatSize, formatTable, printable } from "./words.ts";

export interface InspectOptions {
  readonly artifact: string;
  /** Every file, with owner, permissions and digest. */
  readonly files: boolean;
  /** Every distribution package in the text; JSON has them always. */
  readonly packages: boolean;
  readonly json: boolean;
}

const letters = { file: "-", folder: "d", link: "l", other: "?" } as const satisfies Record<FoundFile["kind"], string>;

const fileRows = (files: FoundFiles): readonly (readonly string[])[] =>
  [...files]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([path, { kind, mode, owner, size, sha256, target }]) => [
      ...["", `${letters[kind]}${modeText(mode)}`, owner, String(size), sha256 ?? "-"],
      target === undefined ? path : `${path} -> ${target}`,
    ]);

const nameRows = (versions: Readonly<Record<string, string>>): readonly (readonly string[])[] =>
  Object.entries(versions).map(([name, version]) => ["", name, version]);

const madeBy = ({ image }: RootFacts): readonly string[] => {
  if (image === undefined) return ["not made by kimg: it has no /etc/kimg/image.json"];
  const { role, os, kubernetes, components, containerImages } = image;
  return [
    `made by kimg: role ${role} on ${os.image}, Kubernetes ${kubernetes}, ${os.architecture}`,
    ...(Object.keys(components).length === 0 ? [] : ["components", formatTable(nameRows(components))]),
    ...(containerImages.length === 0 ? [] : ["container images", ...containerImages.map((name) => `  ${name}`)]),
  ];
};

const sum = (files: FoundFiles): number => [...files.values()].reduce((total, { size }) => total + size, 0);

const rootLines = (root: RootFacts, options: InspectOptions): readonly string[] => {
  const plain = [...root.files.values()].filter(({ kind }) => kind === "file").length;
  return [
    root.os === "" ? "operating system unknown" : root.os,
    ...madeBy(root),
    `${Object.keys(root.packages).length} distribution packages${options.packages || options.files ? "" : " (--packages lists them)"}`,
    ...(options.packages ? [formatTable(nameRows(root.packages))] : []),
    `${plain} files, ${formatSize(sum(root.files))}${options.files ? "" : " (--files lists them)"}`,
    ...(options.files ? [formatTable(fileRows(root.files))] : []),
  ];
};

const partitionRows = ({ partitions }: InspectedImage): readonly (readonly string[])[] => [
  ["", "PARTITION", "START", "SIZE", "FILE SYSTEM", "LABEL"],
  ...partitions.map(({ name, start, size, fileSystem }) => [
    ...["", name, formatSize(start * sectorSize), formatSize(size * sectorSize)],
    ...[fileSystem?.type ?? "-", fileSystem?.label || "-"],
  ]),
];

const imageText = (image: InspectedImage, options: InspectOptions): string => {
  const { format, fileSize, diskSize, partitions, root } = image;
  const disk = diskSize === undefined ? "root file system as tar" : `${format} disk of ${formatSize(diskSize)}`;
  return [
    `${options.artifact}: ${disk}, ${formatSize(fileSize)} in the file`,
    ...(diskSize === undefined
      ? []
      : partitions.length === 0
        ? ["no GUID partition table"]
        : [formatTable(partitionRows(image))]),
    ...(root === undefined ? ["no ext4 file system to look into"] : rootLines(root, options)),
  ].join("\n");
};

const seedFileRows = (files: readonly SeedFile[]): string =>
  formatTable(
    files.map(({ path, size, mode }) => ["", mode === undefined ? "-" : modeText(mode), formatSize(size), path]),
  );

const words = (value: JsonValue | undefined): string => (typeof value === "string" ? value : JSON.stringify(value));

const seedLines = ({ instanceId, hostname, kimg, secrets, files, writes }: SeedFacts): readonly string[] => [
  ...(instanceId === "" ? ["no instance-id: cloud-init may not take it for a seed"] : [`instance-id ${instanceId}`]),
  ...(hostname === "" ? [] : [`host name ${hostname}`]),
  ...(kimg["role"] === undefined
    ? []
    : [`role ${words(kimg["role"])} of cluster ${words(kimg["cluster"])} (${words(kimg["cluster_state"])})`]),
  ...(kimg["endpoint_authority"] === undefined ? [] : [`endpoint ${words(kimg["endpoint_authority"])}`]),
  ...(secrets.length === 0 ? [] : [`secrets in the meta-data, not shown: ${secrets.join(", ")}`]),
  "on the medium",
  seedFileRows(files),
  ...(writes === undefined ? ["user-data is no cloud-config"] : ["what cloud-init writes", seedFileRows(writes)]),
];

const seedText = ({ medium, volume, seed }: InspectedSeed, { artifact }: InspectOptions): string =>
  [`${artifact}: seed, ${medium}${volume === "" ? "" : ` with the label ${volume}`}`, ...seedLines(seed)].join("\n");

const buildText = ({ manifest, lock }: InspectedBuild, { artifact }: InspectOptions): string => {
  const kinds = [...new Set(lock.map(({ kind }) => kind))];
  const rows = manifest?.artifacts.map(({ path, size, purpose }) => ["", path, formatSize(size), purpose]) ?? [];
  return [
    manifest === undefined
      ? `${artifact}: a lock of an image`
      : `${artifact}: image ${manifest.name}, Kubernetes from ${manifest.from}, made by kimg ${manifest.kimg}`,
    ...(rows.length === 0 ? [] : [formatTable(rows)]),
    ...kinds.map((kind) => `${lock.filter((entry) => entry.kind === kind).length} of kind ${kind} in the lock`),
  ].join("\n");
};

const treeText = ({ nodes }: InspectedTree, { artifact }: InspectOptions): string =>
  [
    `${artifact}: seeds of ${Object.keys(nodes).length} nodes and pools`,
    formatTable(
      Object.entries(nodes).map(([name, { kimg, writes }]) => [
        ...["", name, words(kimg["role"] ?? "-")],
        `${(writes ?? []).length} files`,
      ]),
    ),
  ].join("\n");

const describe = (inspected: Inspected, options: InspectOptions): string => {
  if (inspected.kind === "image") return imageText(inspected, options);
  if (inspected.kind === "seed") return seedText(inspected, options);
  return inspected.kind === "build" ? buildText(inspected, options) : treeText(inspected, options);
};

/** Maps become objects; an image's files are many, and there when they were asked for. */
const asJson = (inspected: Inspected, options: InspectOptions): string => {
  if (inspected.kind !== "image" || inspected.root === undefined) return JSON.stringify(inspected, undefined, 2);
  const { files, ...root } = inspected.root;
  const shown = options.files ? { ...root, files: Object.fromEntries(files) } : root;
  return JSON.stringify({ ...inspected, root: shown }, undefined, 2);
};

/** What to print. Rejects with DiagnosticError for what is no artifact that kimg knows. */
export const inspect = async (io: Io, options: InspectOptions): Promise<string> => {
  const inspected = await inspectArtifact(io, options.artifact, options.files);
  return options.json ? asJson(inspected, options) : printable(describe(inspected, options));
};
