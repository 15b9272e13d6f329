// What must not be on a disk, looked for on the finished disk itself: the seal says what it removes, this says what is there.
import { ToolError } from "../../diagnostic.ts";
import type { Io } from "../../edge/io.ts";
import type { ToolsTree } from "../../tools/tools.ts";
import { type Entry, type Listing, listFolders, readFileText } from "./debugfs.ts";
import { diskLayout, sectorSize } from "./layout.ts";

export interface DiskFacts {
  readonly listing: Listing;
  /** Text of /etc/shadow. */
  readonly shadow: string;
}

const folders = [
  ...[
    "/",
    "/etc",
    "/etc/ssh",
    "/etc/kimg",
    "/etc/kubernetes",
    "/etc/kubernetes/pki",
    "/etc/ssl/private",
    "/root",
    "/root/.ssh",
  ],
  ...["/var/lib/apt/lists", "/var/lib/cloud", "/var/lib/dbus", "/var/lib/kubelet/pki", "/var/lib/systemd"],
  ...["/var/log", "/var/log/apt", "/var/log/journal", "/var/tmp", "/tmp"],
];

const named = (listing: Listing, folder: string): readonly Entry[] => listing.get(folder) ?? [];

const filesIn = ({ listing }: DiskFacts, folder: string, allowed: readonly string[] = []): string[] =>
  named(listing, folder)
    .filter((entry) => entry.kind === "file" && !allowed.includes(entry.name))
    .map(({ name }) => `${folder}/${name}`);

const like = (facts: DiskFacts, folder: string, pattern: RegExp): string[] =>
  filesIn(facts, folder).filter((path) => pattern.test(path.slice(folder.length + 1)));

/** shadow(5): a field of `*` or `!` can never match; an empty one lets anybody in. */
const passwords = ({ shadow }: DiskFacts): string[] =>
  shadow
    .split("\n")
    .map((line) => line.split(":"))
    .filter(([name, password]) => name && !/^[!*]+$/.test(password ?? ""))
    .map(([name]) => `a password of ${name}`);

const machineId = ({ listing }: DiskFacts): string[] =>
  named(listing, "/etc")
    .filter(({ name, size }) => name === "machine-id" && size > 0)
    .map(() => "/etc/machine-id");

/** What is on the disk and should not be, as words for people; empty for a sealed disk. Pure. */
export const findUnsealed = (facts: DiskFacts): string[] => [
  ...machineId(facts),
  ...passwords(facts),
  ...like(facts, "/etc/ssh", /^ssh_host_/),
  ...like(facts, "/etc", /^(passwd|shadow|group|gshadow|hostname)-?$/).filter(
    (path) => path.endsWith("-") || path.endsWith("hostname"),
  ),
  ...filesIn(facts, "/etc/kimg", ["image.json"]),
  ...["/etc/kubernetes", "/etc/kubernetes/pki", "/etc/ssl/private", "/root/.ssh", "/var/lib/kubelet/pki"].flatMap(
    (folder) => filesIn(facts, folder),
  ),
  ...like(facts, "/root", /_history$|^\.lesshst$/),
  ...[
    "/var/lib/apt/lists",
    "/var/lib/cloud",
    "/var/log",
    "/var/log/apt",
    "/var/log/journal",
    "/var/tmp",
    "/tmp",
  ].flatMap((folder) => filesIn(facts, folder)),
  ...like(facts, "/var/lib/dbus", /^machine-id$/),
  ...like(facts, "/var/lib/systemd", /^(random-seed|credential\.secret)$/),
];

/** What the boot loader's configuration names and Debian's kernel packages link to. */
const bootLinks = ["vmlinuz", "initrd.img"];

/** What a disk cannot boot without and is not there, as words for people. Pure. */
export const findMissing = ({ listing }: DiskFacts): string[] => {
  const present = new Set(named(listing, "/").map(({ name }) => name));
  return bootLinks.filter((name) => !present.has(name)).map((name) => `/${name}`);
};

/** Reads a raw disk that `makeDisk` made. */
export const readDisk = async (io: Io, tools: ToolsTree, raw: string): Promise<DiskFacts> => {
  const place = { disk: raw, offset: diskLayout().root.start * sectorSize };
  const listing = await listFolders(io, tools, place, folders);
  return { listing, shadow: await readFileText(io, tools, place, "/etc/shadow") };
};

const complain = (tail: string, hint: string): ToolError => new ToolError("checking the finished disk", { tail, hint });

/**
 * Rejects with ToolError when something is on the disk that belongs to one machine, is secret, or is left over from the build; and when
 * there is nothing to boot.
 */
export const checkDisk = async (io: Io, tools: ToolsTree, raw: string): Promise<void> => {
  const facts = await readDisk(io, tools, raw);
  const found = findUnsealed(facts);
  if (facts.shadow === "") throw complain("it has no /etc/shadow", "the root file system is not Debian's");
  if (found.length > 0) {
    throw complain(
      `must not be in an image: ${found.join(", ")}`,
      "a file or step of the image or the role puts it there",
    );
  }
  const missing = findMissing(facts);
  if (missing.length === 0) return;
  throw complain(
    `it cannot boot without ${missing.join(" and ")}`,
    "the image's packages need a kernel, such as linux-image-amd64, and initramfs-tools",
  );
};
