// A flat apt repository, as https://wiki.debian.org/DebianRepository/Format describes: packages beside their index. Unsigned: it is
// made and read on one machine, by one run.
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Io } from "../edge/io.ts";
import type { BuiltPackage } from "./deb.ts";

const indexParagraph = ({ control, fileName, sha256, size }: BuiltPackage): string =>
  `${control}Filename: ./${fileName}\nSize: ${size}\nSHA256: ${sha256}\n`;

/** The text of `Packages`. */
const packagesIndex = (packages: readonly BuiltPackage[]): string =>
  packages
    .toSorted((a, b) => (a.fileName < b.fileName ? -1 : 1))
    .map(indexParagraph)
    .join("\n");

export interface ReleaseNames {
  /** What apt's pins tell it by. */
  readonly origin: string;
  /** Debian's suite, where the packages are its own. */
  readonly codename?: string;
}

const releaseText = (index: string, epoch: number, { origin, codename }: ReleaseNames): string =>
  [
    `Origin: ${origin}`,
    `Label: ${origin}`,
    ...(codename === undefined ? [] : [`Codename: ${codename}`]),
    `Date: ${new Date(epoch * 1000).toUTCString()}`,
    "SHA256:",
    ` ${createHash("sha256").update(index).digest("hex")} ${Buffer.byteLength(index)} Packages`,
    "",
  ].join("\n");

/** Of what a supply yields; provisioning prefers it to the distribution's packages. */
export const suppliedOrigin = "kimg";

/** Writes `Packages` and `Release` into a folder. File names are relative to what apt is given as the repository's root. */
export const writeAptRepository = async (
  io: Io,
  folder: string,
  packages: readonly BuiltPackage[],
  epoch: number,
  names: ReleaseNames = { origin: suppliedOrigin },
): Promise<void> => {
  const index = packagesIndex(packages);
  await io.files.write(join(folder, "Packages"), index);
  await io.files.write(join(folder, "Release"), releaseText(index, epoch, names));
};
