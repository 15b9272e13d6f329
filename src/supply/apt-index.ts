// The index of an apt repository, read: deb822 paragraphs, https://manpages.debian.org/deb822.5. Pure.

/** A package as an index describes it. */
export interface IndexedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Relative to the repository's root, for a flat repository. */
  readonly fileName: string;
  readonly size: number;
  readonly sha256: string;
  /** The paragraph without what belongs to the repository only. */
  readonly control: string;
}

const field = (paragraph: string, name: string): string =>
  new RegExp(`^${name}: *(.*)$`, "m").exec(paragraph)?.[1]?.trim() ?? "";

const ofRepository = /^(?:Filename|Size|MD5sum|SHA1|SHA256|SHA512): .*\n?/gm;

const parseParagraph = (paragraph: string): IndexedPackage => ({
  name: field(paragraph, "Package"),
  version: field(paragraph, "Version"),
  architecture: field(paragraph, "Architecture"),
  fileName: field(paragraph, "Filename").replace(/^\.\//, ""),
  size: Number(field(paragraph, "Size")),
  sha256: field(paragraph, "SHA256"),
  control: `${paragraph.replaceAll(ofRepository, "").trim()}\n`,
});

export const parsePackagesIndex = (text: string): IndexedPackage[] =>
  text
    .split(/\n\n+/)
    .filter((paragraph) => paragraph.trim() !== "")
    .map(parseParagraph);

/** File → SHA-256, from a Release file. */
export const parseReleaseDigests = (text: string): ReadonlyMap<string, string> => {
  const [, list = ""] = /^SHA256:\n((?: .*\n?)*)/m.exec(text) ?? [];
  const lines = list.split("\n").map((line) => line.trim().split(/\s+/));
  return new Map(lines.flatMap(([digest, , path]) => (digest && path ? [[path, digest]] : [])));
};
