// What kimg needs of the machine that it runs on: everything else comes out of the tools trees that it makes itself. Data only; what
// scripts/setup.sh installs is the same, and a test holds the two together.

export interface Needed {
  /** A program on PATH, or an absolute path of a file. */
  readonly name: string;
  /** Debian's package that brings it. */
  readonly package: string;
  readonly purpose: string;
  /** Ordinary users need it, root does not. */
  readonly usersOnly?: true;
}

const util = "namespaces in which builds run";

export const needed: readonly Needed[] = [
  { name: "bwrap", package: "bubblewrap", purpose: "tools run in a sandbox" },
  {
    name: "mmdebstrap",
    package: "mmdebstrap",
    purpose: "root file systems and tools trees come from Debian's packages",
  },
  { name: "unshare", package: "util-linux", purpose: util },
  { name: "setpriv", package: "util-linux", purpose: util },
  { name: "flock", package: "util-linux", purpose: "what a killed build left is removed" },
  { name: "newuidmap", package: "uidmap", purpose: "files of every owner, without root", usersOnly: true },
  { name: "newgidmap", package: "uidmap", purpose: "files of every owner, without root", usersOnly: true },
  { name: "dpkg-deb", package: "dpkg", purpose: "packages are looked into" },
  { name: "tar", package: "tar", purpose: "archives are unpacked" },
  { name: "find", package: "findutils", purpose: "files are looked for" },
  { name: "cp", package: "coreutils", purpose: "disks are copied with their holes" },
  {
    name: "/usr/share/keyrings/debian-archive-keyring.gpg",
    package: "debian-archive-keyring",
    purpose: "Debian's archive is verified",
  },
  { name: "/etc/ssl/certs/ca-certificates.crt", package: "ca-certificates", purpose: "hosts are verified" },
];

export const leastNode = [20, 19] as const;

/** Ids that an ordinary user's range in /etc/subuid must have: as many as a root file system may use. */
export const leastIds = 65_536;

const gibibyte = 2 ** 30;

/** Bytes that the first image takes in the cache folder: its packages, tools and disk, and with `modules` Go's caches too. Estimates, with room to spare. */
export const firstImage = { modules: 12 * gibibyte, others: 6 * gibibyte } as const;
/** Of each further image. */
export const furtherImage = 2 * gibibyte;
