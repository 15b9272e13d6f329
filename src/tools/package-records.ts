// What apt says about packages: the source of their lines in kimg.lock.
import type { LockEntry } from "../model.ts";

const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const format = "'${Package}:${Architecture}=${Version}\\n'";

const listed = {
  /** After dpkg has installed them. */
  installed: `dpkg-query --admindir="$1/var/lib/dpkg" --show --showformat ${format}`,
  /** After they have been downloaded. */
  downloaded: `find "$1/var/cache/apt/archives" -name '*.deb' -exec dpkg-deb --show --showformat=${format} {} ';'`,
} as const;

/**
 * A hook for mmdebstrap (a line of shell that gets the root file system as `$1`) that writes to a file where apt has its packages from,
 * with their digests out of apt's signed metadata. To be run before apt's lists are removed.
 */
export const recordPackagesHook = (which: keyof typeof listed, to: string): string =>
  [
    listed[which],
    "LC_ALL=C sort",
    `APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" xargs --no-run-if-empty apt-get download --print-uris > ${shellQuote(to)}`,
  ].join(" | ");

/** `'http://…/x_1%3a2-3_amd64.deb' x_1%3a2-3_amd64.deb 1234 SHA256:abc…`: apt-get(8), --print-uris. */
const record = /^'([^']+)' (\S+)_(\S+)_\S+\.deb \d+ SHA256:([0-9a-f]{64})$/;

/** An address without the user name and password that a mirror may want. */
const withoutCredentials = (url: string): string => url.replace(/\/\/[^/@]*@/, "//");

const toEntry = (line: string): LockEntry[] => {
  const [, url, name, version, sha256] = record.exec(line.trim()) ?? [];
  if (url === undefined || name === undefined || version === undefined || sha256 === undefined) return [];
  const source = withoutCredentials(decodeURIComponent(url));
  return [{ kind: "distribution-package", name, version: decodeURIComponent(version), source, sha256 }];
};

/** The lock's lines, one a package, sorted by name. */
export const parsePackageRecords = (records: string): LockEntry[] =>
  records
    .split("\n")
    .flatMap(toEntry)
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
