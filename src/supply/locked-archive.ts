// `--locked`: the distribution's packages exactly as a lock names them, in place of what the archive has by now.
import { join } from "node:path";
import { DiagnosticError } from "../diagnostic.ts";
import type { Cache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import { compareLocks } from "../lock.ts";
import type { BuildRequest, LockEntry } from "../model.ts";
import type { LocalArchive } from "../tools/local-archive.ts";
import { parsePackagesIndex } from "./apt-index.ts";
import { imageIndex, openArchive } from "./mirror-archives.ts";
import { writeDistribution, type WrittenDistribution } from "./mirror-distribution.ts";

const goneHint =
  "a locked package that the archive no longer has cannot be installed again: build without --locked, or from a mirror that was made in time";

const distributionFile = "distribution.json";

/** A package's file says itself what it is; the lock could say otherwise. */
const refuseDifferences = async (
  io: Io,
  { folder, index }: LocalArchive,
  locked: readonly LockEntry[],
): Promise<void> => {
  const packages = parsePackagesIndex(await io.files.readText(join(folder, index, "Packages")));
  const found = packages.map(({ name, version, sha256 }) => {
    return { kind: "distribution-package" as const, name, version, sha256, source: "" };
  });
  const differences = compareLocks(locked, found);
  if (differences.length > 0) throw new DiagnosticError(differences);
};

const refuseUnlocked = ({ names }: LocalArchive, { image, role }: BuildRequest): void => {
  const wanted = [...image.packages, ...role.packages].filter((name) => !names.has(name));
  if (wanted.length === 0) return;
  const message = `not locked, but needed by ${image.name} or ${role.name}: ${wanted.join(", ")}`;
  throw new DiagnosticError([{ severity: "error", code: "lock/extra", message, hint: "build once without --locked" }]);
};

/**
 * An archive with these packages and no others, fetched by their digests from where the lock has them. Rejects with ToolError when one
 * is not to be had any more, with DiagnosticError when they are not what the lock says or not enough.
 */
export const lockedArchive = async (
  io: Io,
  cache: Cache,
  request: BuildRequest,
  locked: readonly LockEntry[],
): Promise<LocalArchive> => {
  const { image, epoch } = request;
  const index = imageIndex(image.name);
  const input = { index, suite: image.suite, epoch, packages: locked.map(({ name, sha256 }) => [name, sha256]) };
  const { folder } = await cache.entry({ kind: "locked-archive", name: image.name }, input, async (made) => {
    const indexes = [{ path: index, suite: image.suite, packages: locked }];
    const written = await writeDistribution(io, made, indexes, epoch, goneHint);
    await io.files.write(join(made, distributionFile), JSON.stringify(written));
  });
  const { files } = JSON.parse(await io.files.readText(join(folder, distributionFile))) as WrittenDistribution;
  const archive = await openArchive(io, { folder, lock: { files, entries: [...locked] } }, index);
  await refuseDifferences(io, archive, locked);
  refuseUnlocked(archive, request);
  return archive;
};
