// Debian's packages from a folder in place of the network: how apt is told of it, and how what apt then says is understood.
import { join } from "node:path";
import { DiagnosticError, ToolError } from "../diagnostic.ts";
import type { LockEntry } from "../model.ts";

/** A flat repository, as https://wiki.debian.org/DebianRepository/Format describes, whose index may share its packages with others. */
export interface LocalArchive {
  /** Absolute folder; the index's file names are relative to it. */
  readonly folder: string;
  /** Folder below it that holds `Packages`. */
  readonly index: string;
  /** SHA-256 of the index: what is in the archive, wherever it lies. */
  readonly id: string;
  /** What may be taken from it, with its origin. */
  readonly packages: readonly LockEntry[];
  /** What its packages are called and what they provide: names that apt finds a package for. */
  readonly names: ReadonlySet<string>;
}

/** Throws DiagnosticError when the archive was made for something that needs less. */
export const refuseMissing = (archive: LocalArchive, wanted: readonly string[], purpose: string): void => {
  const missing = wanted.filter((name) => !archive.names.has(name));
  if (missing.length === 0) return;
  throw new DiagnosticError([
    {
      severity: "error",
      code: "mirror/missing",
      message: `${join(archive.folder, archive.index)} has no package ${missing.join(", ")}, which ${purpose} needs`,
      hint: "make a mirror for this role and image with this kimg: kimg mirror create DIR --role ROLE --image IMAGE",
    },
  ]);
};

/** Its line in sources.list; `at` is where the folder is seen. Each package is checked against the index by apt, as from a network. */
export const localSource = ({ folder, index }: LocalArchive, at = folder): string =>
  `deb [trusted=yes] copy:${encodeURI(at)} ${encodeURI(index)}/`;

/** For mmdebstrap's apt, which otherwise reads as a user who may not see the folder. */
export const readAsRootHook = `--setup-hook=echo 'APT::Sandbox::User "root";' >> "$MMDEBSTRAP_APT_CONFIG"`;

/** The packages' true origin in place of the folder. Throws ToolError when one is not what the archive was said to hold. */
export const withOrigins = (taken: readonly LockEntry[], archive: LocalArchive): LockEntry[] => {
  const known = new Map(archive.packages.map((entry) => [`${entry.name} ${entry.version} ${entry.sha256}`, entry]));
  return taken.map((entry) => {
    const found = known.get(`${entry.name} ${entry.version} ${entry.sha256}`);
    if (found !== undefined) return found;
    const tail = `${entry.name} ${entry.version} with sha256 ${entry.sha256} is not in the mirror's lock`;
    const doing = `checking the packages taken from ${join(archive.folder, archive.index)}`;
    throw new ToolError(doing, { tail, hint: "the mirror was changed: make it again" });
  });
};
