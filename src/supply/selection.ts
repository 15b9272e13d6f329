// What a supply must yield: the packages and images asked for, with every version and placeholder filled in.
import { DiagnosticError } from "../diagnostic.ts";
import { didYouMean } from "../did-you-mean.ts";
import type { Io } from "../edge/io.ts";
import type { Architecture } from "../model.ts";
import { type Component, type ContainerImage, type DebianPackage, readComponent } from "./components.ts";
import { readRelease } from "./releases.ts";

/** A component at the version that belongs to a Kubernetes version; no placeholder is left in it. */
export interface ChosenComponent extends Component {
  readonly name: string;
  readonly version: string;
}

export interface ChosenPackage extends DebianPackage {
  readonly name: string;
  readonly component: ChosenComponent;
}

export interface ChosenImage extends ContainerImage {
  /** What a role calls it: kube-proxy. */
  readonly short: string;
  readonly component: ChosenComponent;
}

export interface Selection {
  readonly packages: readonly ChosenPackage[];
  readonly images: readonly ChosenImage[];
}

export interface SelectionRequest {
  /** Exact Kubernetes version. */
  readonly kubernetes: string;
  /** Debian package names of components: kubeadm, containerd … Distribution packages are not ours. */
  readonly packages: readonly string[];
  /** Short names of images, or of components for all their images: kube-proxy, pause, flannel … */
  readonly images: readonly string[];
  readonly architecture: Architecture;
}

const minorOf = (version: string): string => version.split(".").slice(0, 2).join(".");

/** Fills `{name}` in every text of a value. An unknown name is a fault in the content and left to be seen. */
const fill = <T>(value: T, values: Readonly<Record<string, string>>): T => {
  const text = JSON.stringify(value).replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
  return JSON.parse(text) as T;
};

const chooseComponent = async (
  io: Io,
  name: string,
  version: string,
  request: SelectionRequest,
): Promise<ChosenComponent> => {
  const [major = "", minorNumber = ""] = version.split(".");
  const values = {
    version,
    major,
    minorNumber,
    minor: minorOf(version),
    architecture: request.architecture,
    kubernetes: request.kubernetes,
    kubernetesMinor: minorOf(request.kubernetes),
  };
  return { name, version, ...fill(await readComponent(io, name), values) };
};

const unknown = (kind: string, name: string, known: readonly string[]): DiagnosticError =>
  new DiagnosticError([
    {
      severity: "error",
      code: "components/unknown",
      message: `no component yields the ${kind} "${name}"${didYouMean(name, known)}`,
      hint: `known: ${known.join(", ")}`,
    },
  ]);

const choosePackages = (components: readonly ChosenComponent[], names: readonly string[]): ChosenPackage[] => {
  const all = new Map(
    components.flatMap((component) =>
      Object.entries(component.packages).map(([name, entry]) => [name, { ...entry, name, component }] as const),
    ),
  );
  return names.map((name) => {
    const found = all.get(name);
    if (found === undefined) throw unknown("package", name, [...all.keys()].toSorted());
    return found;
  });
};

const chooseImages = (components: readonly ChosenComponent[], names: readonly string[]): ChosenImage[] => {
  const all: ChosenImage[] = [];
  for (const component of components) {
    for (const [short, image] of Object.entries(component.images)) all.push({ ...image, short, component });
  }
  return names.flatMap((name) => {
    const found = all.filter(({ short, component }) => short === name || component.name === name);
    if (found.length > 0) return found;
    throw unknown("container image", name, [...new Set(all.map(({ short }) => short))].toSorted());
  });
};

const uniqueBy = <T>(values: readonly T[], key: (value: T) => string): T[] => [
  ...new Map(values.map((value) => [key(value), value])).values(),
];

/** Rejects with DiagnosticError for a version without a release, or a name that no component yields. */
export const select = async (io: Io, request: SelectionRequest): Promise<Selection> => {
  const release = await readRelease(io, request.kubernetes);
  const components = await Promise.all(
    Object.entries(release).map(([name, version]) => chooseComponent(io, name, version, request)),
  );
  const packages = uniqueBy(choosePackages(components, request.packages), ({ name }) => name);
  const images = uniqueBy(chooseImages(components, request.images), ({ name }) => name);
  return { packages, images };
};
