// The packages of a role: the supply's and the distribution's, installed by the image's own apt, and where each came from.
import { join } from "node:path";
import type { Io } from "../../edge/io.ts";
import type { LockEntry } from "../../model.ts";
import { type LocalArchive, localSource, withOrigins } from "../../tools/local-archive.ts";
import { parsePackageRecords } from "../../tools/package-records.ts";
import { installScript, namePattern, recordScript } from "../provisioning-steps.ts";
import { certificatesInside, inside, type Inside } from "./inside.ts";
import type { Place, Provisioning } from "./provisioning.ts";

const packagesInside = "/run/kimg/packages";
const archiveInside = "/run/kimg/distribution";
const places = { packages: packagesInside, archive: archiveInside, certificates: certificatesInside };

/** What hides the image's own sources while packages are installed and listed. */
const bindArchive = async (
  io: Io,
  { work }: Place,
  archive: LocalArchive | undefined,
): Promise<Record<string, string>> => {
  if (archive === undefined) return {};
  const sources = join(work, "sources.list");
  await io.files.write(sources, `${localSource(archive, archiveInside)}\n`, 0o644);
  return { [archive.folder]: archiveInside, [sources]: "/etc/apt/sources.list" };
};

export const installPackages = async (
  io: Io,
  place: Place,
  provisioning: Provisioning,
  say: Inside["onLine"],
): Promise<void> => {
  const { request, supplied, archive } = provisioning;
  const names = [...request.role.components, ...request.role.packages];
  if (names.length === 0) return;
  const binds = { [supplied.packages]: packagesInside, ...(await bindArchive(io, place, archive)) };
  const argv = ["sh", "-c", installScript(places), "sh", ...names] as const;
  const doing = `installing ${names.join(", ")}`;
  const onLine = say === undefined ? {} : { onLine: say };
  await io.processes.run(inside(io, { doing, argv, ...place, binds, network: archive === undefined, ...onLine }));
};

export const recordPackages = async (
  io: Io,
  place: Place,
  { supplied, archive }: Provisioning,
): Promise<LockEntry[]> => {
  const own = namePattern(supplied.lock.filter(({ kind }) => kind === "package").map(({ name }) => name));
  const argv = ["sh", "-c", recordScript(archiveInside), "sh", own] as const;
  const binds = await bindArchive(io, place, archive);
  const { stdout } = await io.processes.run(inside(io, { doing: "listing packages", argv, ...place, binds }));
  const taken = parsePackageRecords(stdout);
  return archive === undefined ? taken : withOrigins(taken, archive);
};
