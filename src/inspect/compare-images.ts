// Two images → how they differ in what they are made from, and in every file. Pure.
import { compareMaps, compareTexts, type Difference, modeText, type Texts } from "./difference.ts";
import type { InspectedImage } from "./inspect.ts";
import type { FoundFile, ImageDescription } from "./root-facts.ts";

type Files = ReadonlyMap<string, FoundFile>;

const told = ["kind", "mode", "owner", "size", "sha256", "target"] as const satisfies readonly (keyof FoundFile)[];

const sameFile = (a: FoundFile, b: FoundFile): boolean => told.every((name) => a[name] === b[name]);

/** What of a file differs from the other one's; kind and size where there is no other. */
const fileWords = (file: FoundFile, other: FoundFile | undefined): string => {
  const words = {
    kind: file.kind,
    mode: modeText(file.mode),
    owner: file.owner,
    size: `${file.size} B`,
    sha256: `sha256:${(file.sha256 ?? "").slice(0, 12)}`,
    target: `to ${file.target ?? ""}`,
  };
  const shown = other === undefined ? (["kind", "size"] as const) : told.filter((name) => file[name] !== other[name]);
  return shown.map((name) => words[name]).join(" ");
};

/** `registry.k8s.io/pause:3.10.2` → name and tag. */
const tags = (names: readonly string[]): Texts =>
  Object.fromEntries(names.map((name) => [name.replace(/:[^:/]*$/, ""), name.replace(/^.*:/, "")]));

const madeFrom = (image: ImageDescription | undefined): Texts =>
  image === undefined
    ? {}
    : { role: image.role, base: image.os.image, kubernetes: image.kubernetes, architecture: image.os.architecture };

/** What makes a disk of a root file system, and is in no tar. */
const ofTheDisk = new Set(["/lost+found", "/etc/fstab"]);

/** As far as both media tell it: archives know no size of a link. */
const comparableFiles = (files: Files, withDisk: boolean): Files =>
  new Map(
    [...files]
      .filter(([path]) => path !== "/" && (withDisk || !ofTheDisk.has(path)))
      .map(([path, file]) => [path, file.kind === "link" ? { ...file, size: 0 } : file]),
  );

interface Contents {
  readonly title: Texts;
  readonly packages: Texts;
  readonly components: Texts;
  readonly containerImages: Texts;
  readonly files: Files;
}

const contentsOf = ({ root }: InspectedImage, withDisk: boolean): Contents => {
  const image = root?.image;
  return {
    title: { os: root?.os ?? "", ...madeFrom(image) },
    packages: root?.packages ?? {},
    components: image?.components ?? {},
    containerImages: tags(image?.containerImages ?? []),
    files: comparableFiles(root?.files ?? new Map(), withDisk),
  };
};

/** Both read with their contents. */
export const compareImages = (a: InspectedImage, b: InspectedImage): readonly Difference[] => {
  const withDisk = a.format !== "tar" && b.format !== "tar";
  const [left, right] = [contentsOf(a, withDisk), contentsOf(b, withDisk)];
  return [
    ...compareTexts("image", left.title, right.title),
    ...compareTexts("packages", left.packages, right.packages),
    ...compareTexts("components", left.components, right.components),
    ...compareTexts("container images", left.containerImages, right.containerImages),
    ...compareMaps("files", [left.files, right.files], sameFile, fileWords),
  ];
};
