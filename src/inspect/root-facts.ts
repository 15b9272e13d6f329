// What a root file system is, from a few of its own files: the description that kimg put there, and what dpkg and os-release(5) say. Pure.

export interface FoundFile {
  readonly kind: "file" | "folder" | "link" | "other";
  /** Permission bits. */
  readonly mode: number;
  /** Numeric `user:group`. */
  readonly owner: string;
  /** Bytes. */
  readonly size: number;
  /** Of a plain file, when contents were asked for; lower-case hex. */
  readonly sha256?: string;
  /** Of a link, when contents were asked for. */
  readonly target?: string;
}

/** By absolute path. */
export type FoundFiles = ReadonlyMap<string, FoundFile>;

/** /etc/kimg/image.json, as src/engines/disk/image-description.ts writes it. */
export interface ImageDescription {
  readonly role: string;
  readonly bootstrap: string;
  readonly os: { readonly image: string; readonly suite: string; readonly architecture: string };
  readonly kubernetes: string;
  readonly containerImages: readonly string[];
  readonly components: Readonly<Record<string, string>>;
}

export interface RootFacts {
  /** `Debian GNU/Linux 13 (trixie)`; empty when nothing says it. */
  readonly os: string;
  /** Undefined for an image that kimg has not made. */
  readonly image: ImageDescription | undefined;
  /** Installed distribution packages: name → version. */
  readonly packages: Readonly<Record<string, string>>;
  readonly files: FoundFiles;
}

export const descriptionPath = "/etc/kimg/image.json";
export const statusPath = "/var/lib/dpkg/status";
export const releasePath = "/usr/lib/os-release";
/** Files whose text `rootFacts` reads. */
export const tellingPaths = [descriptionPath, statusPath, releasePath] as const;

const field = (paragraph: string, name: string): string =>
  new RegExp(`^${name}: (.*)$`, "m").exec(paragraph)?.[1]?.trim() ?? "";

/** Paragraphs of dpkg's status file, deb822(5). */
const installed = (status: string): Record<string, string> =>
  Object.fromEntries(
    status
      .split(/\n\n+/)
      .filter((paragraph) => field(paragraph, "Status").endsWith(" installed"))
      .map((paragraph): [string, string] => [field(paragraph, "Package"), field(paragraph, "Version")])
      .toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );

const parseDescription = (text: string): ImageDescription | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "role" in value ? (value as ImageDescription) : undefined;
  } catch {
    return undefined;
  }
};

/** `texts`: of `tellingPaths`, those that are there. */
export const rootFacts = (texts: ReadonlyMap<string, string>, files: FoundFiles): RootFacts => ({
  os: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(texts.get(releasePath) ?? "")?.[1] ?? "",
  image: parseDescription(texts.get(descriptionPath) ?? ""),
  packages: installed(texts.get(statusPath) ?? ""),
  files,
});
