// Role and image folders → Library: those that kimg ships, and those of each `--library DIR`. Owns the formats of role.yaml and
// image.yaml (docs/architecture.md, "Content") and the template engine; must not know a role or an image by name, nor a cluster.
import { posix } from "node:path";
import type { CodeOf } from "../codes/index.ts";
import { sorted } from "../config/source.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Image, Library, Role } from "../model.ts";
import { kubernetesVersions } from "../supply/releases.ts";
import { loadImage } from "./images.ts";
import { loadRole } from "./roles.ts";

export { checkTemplates } from "./check-templates.ts";
export type { TemplateShape } from "./template-shape.ts";

export interface LoadedLibrary {
  /** Without the roles and images that could not be read. */
  readonly library: Library;
  /** Placed and sorted. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Folders of images/ that hold what images are made from, and are no images. */
const sharedFolders: ReadonlySet<string> = new Set(["agent", "common", "components"]);

interface Loading {
  readonly io: Io;
  readonly diagnostics: Diagnostic[];
  readonly roles: Map<string, Role>;
  readonly images: Map<string, Image>;
}

const complain = (loading: Loading, code: CodeOf<"library">, message: string, hint: string): void => {
  loading.diagnostics.push({ severity: "error", code: `library/${code}`, message, hint });
};

const foldersIn = async (loading: Loading, folder: string): Promise<readonly string[]> => {
  const { files } = loading.io;
  if ((await files.status(folder))?.kind !== "directory") return [];
  const folders: string[] = [];
  for (const name of await files.list(folder)) {
    const status = await files.status(posix.join(folder, name));
    if (status?.kind === "directory" && !name.startsWith(".")) folders.push(name);
  }
  return folders;
};

/** A second one of a name is a slip more often than a wish, so the wish must be written down: `replaces: true`. */
const keep = <T extends { readonly name: string; readonly folder: string }>(
  loading: Loading,
  found: Map<string, T>,
  content: T,
  replaces: boolean,
  where: string,
): void => {
  const before = found.get(content.name);
  if (before !== undefined && !replaces) {
    const hint = `give the folder another name, or write ${where} to take its place`;
    complain(loading, "name-taken", `${content.folder}: the name is taken by ${before.folder}`, hint);
    return;
  }
  found.set(content.name, content);
};

const loadRoot = async (loading: Loading, roots: readonly string[]): Promise<void> => {
  const [root = ""] = roots;
  const { files } = loading.io;
  const images = (await foldersIn(loading, posix.join(root, "images"))).filter((name) => !sharedFolders.has(name));
  const roles = await foldersIn(loading, posix.join(root, "roles"));
  for (const name of images) {
    const { image, replaces, diagnostics } = await loadImage({ files, roots, folder: `images/${name}` });
    loading.diagnostics.push(...diagnostics);
    if (image !== undefined) keep(loading, loading.images, image, replaces, "replaces: true in its image.yaml");
  }
  for (const name of roles) {
    const { role, replaces, diagnostics } = await loadRole({ files, roots, folder: `roles/${name}` });
    loading.diagnostics.push(...diagnostics);
    if (role !== undefined) keep(loading, loading.roles, role, replaces, "replaces: true below kimg: in its role.yaml");
  }
};

const isThere = async (loading: Loading, root: string): Promise<boolean> => {
  const { files } = loading.io;
  const status = await files.status(root);
  if (status === undefined) {
    complain(
      loading,
      "missing",
      `there is no library ${root}`,
      "--library takes a folder that holds roles/ or images/",
    );
    return false;
  }
  const inside = [await files.status(posix.join(root, "roles")), await files.status(posix.join(root, "images"))];
  if (inside.some((each) => each !== undefined)) return true;
  complain(loading, "empty", `${root} holds neither roles/ nor images/`, "--library takes the folder above them");
  return false;
};

/** `folders`: the shipped one first, then the user's in the order given; each may borrow files from those before it. */
export const loadLibrary = async (io: Io, folders: readonly string[]): Promise<LoadedLibrary> => {
  const loading: Loading = { io, diagnostics: [], roles: new Map(), images: new Map() };
  for (const [index, folder] of folders.entries()) {
    if (await isThere(loading, folder)) await loadRoot(loading, folders.slice(0, index + 1).toReversed());
  }
  const versions = await kubernetesVersions(io);
  const library: Library = {
    roles: loading.roles,
    images: loading.images,
    kubernetesVersions: versions.supported,
    defaultKubernetesVersion: versions.default,
  };
  return { library, diagnostics: sorted(loading.diagnostics) };
};
