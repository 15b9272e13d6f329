// Debian's packages into a mirror: fetched by the digests that builds have recorded from its signed archive, and indexed for apt.
import { join } from "node:path";
import { mapLimited } from "../concurrency.ts";
import { DiagnosticError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { LockEntry } from "../model.ts";
import { throughMirror } from "../tools/archive.ts";
import { outsideEnvironment } from "../tools/environment.ts";
import { writeAptRepository } from "./apt-repository.ts";
import type { BuiltPackage } from "./deb.ts";
import { distributionInMirror } from "./mirror-archives.ts";
import { checkDigest } from "./mirror-lock.ts";

/** The packages of one image, or of the tools. */
export interface DistributionIndex {
  /** Its folder, below the mirror's for distributions. */
  readonly path: string;
  /** Debian's suite. */
  readonly suite: string;
  readonly packages: readonly LockEntry[];
}

const refreshHint =
  "the archive has moved on since these packages were first used: `--refresh` takes what it has now, for builds too";

const mixed = (first: LockEntry, second: LockEntry): DiagnosticError =>
  new DiagnosticError([
    {
      severity: "error",
      code: "mirror/two-versions",
      message: `builds of one image have ${first.name} ${first.version} and ${second.version}`,
      hint: refreshHint,
    },
  ]);

/** Every package once, sorted by name. Throws DiagnosticError when there are two of a name: an image could then have either. */
export const mergePackages = (lists: readonly (readonly LockEntry[])[]): LockEntry[] => {
  const merged = new Map<string, LockEntry>();
  for (const entry of lists.flat()) {
    const before = merged.get(entry.name);
    if (before !== undefined && before.sha256 !== entry.sha256) throw mixed(before, entry);
    merged.set(entry.name, before ?? entry);
  }
  return [...merged.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
};

const fileNameOf = ({ source }: LockEntry): string => source.slice(source.lastIndexOf("/") + 1);

/** By `KIMG_DEBIAN_MIRROR`, with the user and password that it may have, and locks never do. */
const addressOf = ({ source }: LockEntry, environment: Io["environment"]): string => {
  const mirror = environment["KIMG_DEBIAN_MIRROR"] ?? "";
  const [, scheme, credentials, rest] = /^(\w+:\/\/)([^/@]+@)(.+)$/.exec(mirror) ?? [];
  return credentials !== undefined && source.startsWith(`${scheme}${rest}`)
    ? `${scheme}${credentials}${source.slice(String(scheme).length)}`
    : (throughMirror([source], environment)[0] ?? source);
};

/** How many files one call of apt's helper fetches. */
const batch = 32;

/** Files go where apt's own user may not write; it would complain of each. */
const asCaller = ["-o", "APT::Sandbox::User=root"] as const;

/** By apt's own means: the proxies and certificates that it is configured with, some at once, each checked against its digest. */
const fetchAll = async (io: Io, entries: readonly LockEntry[], pool: string, hint: string): Promise<void> => {
  const words = entries.flatMap((entry) => [
    ...[addressOf(entry, io.environment), join(pool, fileNameOf(entry)), `SHA256:${entry.sha256}`],
  ]);
  let fetched = 0;
  await io.progress.stage("Debian's packages", (stage) =>
    io.processes.run({
      doing: "fetching Debian's packages",
      argv: ["xargs", "-0", `--max-args=${3 * batch}`, "/usr/lib/apt/apt-helper", ...asCaller, "download-file"],
      input: words.join("\0"),
      environment: { LC_ALL: "C.UTF-8", ...outsideEnvironment(io.environment) },
      onLine: (line) => {
        if (line.startsWith("Get:")) stage.detail(`${++fetched} of ${entries.length}`);
      },
      hint,
    }),
  );
};

/** What an index says of a package whose file is in the pool already. */
const indexed = async (io: Io, entry: LockEntry, folder: string): Promise<BuiltPackage> => {
  const fileName = `pool/${fileNameOf(entry)}`;
  const path = join(folder, fileName);
  await checkDigest(io, path, entry.sha256);
  const doing = `reading ${fileNameOf(entry)}`;
  const { stdout } = await io.processes.run({ doing, argv: ["dpkg-deb", "--field", path] });
  return { fileName, control: stdout, sha256: entry.sha256, size: (await io.files.status(path))?.size ?? 0 };
};

export interface WrittenDistribution {
  /** SHA-256 of each index, by its path in the mirror. */
  readonly files: Readonly<Record<string, string>>;
  readonly entries: readonly LockEntry[];
}

/** Writes `<mirror>/distribution`. Rejects with ToolError, with the hint, when a package is not to be had any more. */
export const writeDistribution = async (
  io: Io,
  mirror: string,
  indexes: readonly DistributionIndex[],
  epoch: number,
  hint = refreshHint,
): Promise<WrittenDistribution> => {
  const folder = join(mirror, distributionInMirror);
  const unique = new Map(indexes.flatMap(({ packages }) => packages).map((entry) => [entry.sha256, entry]));
  const entries = [...unique.values()];
  await io.files.makeFolder(join(folder, "pool"));
  await fetchAll(io, entries, join(folder, "pool"), hint);
  const paragraphs = await mapLimited(entries, 4, (entry) => indexed(io, entry, folder));
  const files: Record<string, string> = {};
  for (const { path, suite, packages } of indexes) {
    const wanted = new Set(packages.map(({ sha256 }) => sha256));
    const own = paragraphs.filter(({ sha256 }) => wanted.has(sha256));
    await writeAptRepository(io, join(folder, path), own, epoch, { origin: "Debian", codename: suite });
    const { sha256 } = await io.files.sha256(join(folder, path, "Packages"));
    files[`${distributionInMirror}/${path}/Packages`] = sha256;
  }
  return { files, entries };
};
