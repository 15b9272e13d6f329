// Where Debian's packages come from: the archive's sources and the keys that sign it.
import { join } from "node:path";
import type { Cache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";

/** What `KIMG_DEBIAN_MIRROR` replaces in every source: `debian` and `debian-security` are expected below it. */
const defaultMirror = "http://deb.debian.org";

/** One-line apt sources with the user's mirror, if any, in place of Debian's. */
export const throughMirror = (sources: readonly string[], environment: Io["environment"]): string[] => {
  const mirror = environment["KIMG_DEBIAN_MIRROR"]?.replace(/\/+$/, "");
  return mirror === undefined || mirror === ""
    ? [...sources]
    : sources.map((line) => line.replace(defaultMirror, mirror));
};

/** Debian's own sources for a stable suite, security included. */
export const debianSources = (suite: string, environment: Io["environment"]): string[] =>
  throughMirror(
    [
      `deb ${defaultMirror}/debian ${suite} main`,
      `deb ${defaultMirror}/debian ${suite}-updates main`,
      `deb ${defaultMirror}/debian-security ${suite}-security main`,
    ],
    environment,
  );

const debianKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** mmdebstrap's option for a host that is not Debian but has Debian's keys; a Debian host trusts them already. */
export const archiveKeyrings = async (io: Io): Promise<string[]> =>
  (await io.files.status(debianKeyring)) === undefined ? [] : [`--keyring=${debianKeyring}`];

const generationFile = (cache: Cache): string => join(cache.folder, "archive-generation");

/** Names the state of the archive that builds use: they take its packages once, and again only after `refreshArchive`. */
export const archiveGeneration = async (io: Io, cache: Cache): Promise<string> =>
  (await io.files.status(generationFile(cache))) === undefined ? "first" : io.files.readText(generationFile(cache));

/** Makes the following builds ask the archive for newer packages. */
export const refreshArchive = (io: Io, cache: Cache): Promise<void> =>
  io.files.write(generationFile(cache), io.now().toISOString());
