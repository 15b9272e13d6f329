// /etc/kimg/image.json: what an image is, for the agent and for people.
import type { BuildRequest, FileTree, LockEntry } from "../../model.ts";

/** `registry.k8s.io/pause:3.10.2`, as a lock's line names it. */
export const fullImageName = ({ name, version }: LockEntry): string => `${name}:${version}`;

/** The last word of the name: `pause`. */
const shortImageName = ({ name }: LockEntry): string => name.split("/").at(-1) ?? name;

/** The image that holds a pod's namespaces; undefined for a role that runs no pods. */
export const sandboxImage = (supplied: readonly LockEntry[]): string | undefined => {
  const found = supplied.find((entry) => entry.kind === "container-image" && shortImageName(entry) === "pause");
  return found === undefined ? undefined : fullImageName(found);
};

const versions = (entries: readonly LockEntry[]): Record<string, string> =>
  Object.fromEntries(entries.map(({ name, version }) => [name, version]));

export interface ImageContents {
  readonly distribution: readonly LockEntry[];
  readonly supplied: readonly LockEntry[];
}

export const describeImage = (request: BuildRequest, { distribution, supplied }: ImageContents): FileTree => {
  const { role, image, kubernetes, architecture } = request;
  const description = {
    version: 1,
    role: role.name,
    bootstrap: role.bootstrap,
    os: { image: image.name, distribution: image.distribution, suite: image.suite, architecture },
    kubernetes: kubernetes.version,
    containerImages: supplied
      .filter(({ kind }) => kind === "container-image")
      .map(fullImageName)
      .toSorted(),
    components: versions(supplied.filter(({ kind }) => kind === "package")),
    packages: versions(distribution),
  };
  const bytes = Buffer.from(`${JSON.stringify(description, undefined, 2)}\n`);
  return new Map([["etc/kimg/image.json", { mode: 0o644, bytes }]]);
};
