// The packages of a role: the supply's and the distribution's, installed by the image's own apt, and where each came from.
import { join } from "node:path";
import type { Io } from "../../edge/io.ts";
import type { LockEntry } from "../../model.ts";
import { suppliedOrigin } from "../../supply/apt-repository.ts";
import { type LocalArchive, localSource, withOrigins } from "../../tools/local-archive.ts";
import { parsePackageRecords } from "../../tools/package-records.ts";
import { certificatesInside, inside, type Inside } from "./inside.ts";
import type { Place, Provisioning } from "./provisioning.ts";

const packagesInside = "/run/kimg/packages";
const archiveInside = "/run/kimg/distribution";

/**
 * The supply's packages win over the distribution's of the same name. The archive is asked again only when it no longer has what it had
 * when the base was made; a local one is asked at once.
 */
const installScript = `set -eu
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
trap 'rm -f /usr/sbin/policy-rc.d /etc/apt/sources.list.d/kimg.list /etc/apt/preferences.d/kimg' EXIT
echo 'deb [trusted=yes] copy:${packagesInside} ./' > /etc/apt/sources.list.d/kimg.list
printf 'Package: *\\nPin: release o=${suppliedOrigin}\\nPin-Priority: 1001\\n' > /etc/apt/preferences.d/kimg
[ ! -e ${certificatesInside} ] || set -- -o Acquire::https::CAInfo=${certificatesInside} "$@"
set -- -q -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 -o DPkg::Options::=--force-confdef "$@"
apt-get update -o Dir::Etc::sourcelist=sources.list.d/kimg.list -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 \\
  -o APT::Sandbox::User=root
[ ! -d ${archiveInside} ] || apt-get update -o APT::Sandbox::User=root
apt-get install --yes --no-install-recommends "$@" || { apt-get update && apt-get install --yes --no-install-recommends "$@"; }`;

/** The supply's own packages have their lines in the lock already. */
const recordScript = `set -eu
[ ! -d ${archiveInside} ] || apt-get update -q -o APT::Sandbox::User=root >&2
dpkg-query --show --showformat '\${Package}:\${Architecture}=\${Version}\\n' > /run/installed
grep -v -E "^($1):" /run/installed | LC_ALL=C sort | xargs apt-get download --print-uris`;

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
  const argv = ["sh", "-c", installScript, "sh", ...names] as const;
  const doing = `installing ${names.join(", ")}`;
  const onLine = say === undefined ? {} : { onLine: say };
  await io.processes.run(inside(io, { doing, argv, ...place, binds, network: archive === undefined, ...onLine }));
};

export const recordPackages = async (
  io: Io,
  place: Place,
  { supplied, archive }: Provisioning,
): Promise<LockEntry[]> => {
  const own = supplied.lock
    .filter(({ kind }) => kind === "package")
    .map(({ name }) => name.replaceAll(/[.+]/g, "\\$&"));
  const argv = ["sh", "-c", recordScript, "sh", own.join("|")] as const;
  const binds = await bindArchive(io, place, archive);
  const { stdout } = await io.processes.run(inside(io, { doing: "listing packages", argv, ...place, binds }));
  const taken = parsePackageRecords(stdout);
  return archive === undefined ? taken : withOrigins(taken, archive);
};
