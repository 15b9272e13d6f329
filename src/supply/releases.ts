// Which Kubernetes versions there are, and what belongs to each.
import { DiagnosticError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import { readReleases } from "./components.ts";

export interface KubernetesVersions {
  readonly default: string;
  /** Newest first. */
  readonly supported: readonly string[];
}

const numbers = (version: string): number[] => version.replace(/^v/, "").split(".").map(Number);

const compare = (a: string, b: string): number => {
  const [left, right] = [numbers(a), numbers(b)];
  for (let index = 0; index < 3; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

export const kubernetesVersions = async (io: Io): Promise<KubernetesVersions> => {
  const { default: preferred, releases } = await readReleases(io);
  return { default: preferred, supported: Object.keys(releases).toSorted(compare).toReversed() };
};

/** The supported version closest to `version`: of the same minor if there is one, else of the nearest minor, newest patch first. */
export const nearestVersion = (version: string, supported: readonly string[]): string | undefined => {
  const [, wantedMinor = 0, wantedPatch = 0] = numbers(version);
  const distance = (candidate: string): number => {
    const [, minor = 0, patch = 0] = numbers(candidate);
    return Math.abs(minor - wantedMinor) * 1000 + (minor === wantedMinor ? Math.abs(patch - wantedPatch) : 0);
  };
  return supported.toSorted((a, b) => distance(a) - distance(b) || compare(b, a))[0];
};

/** Component → version. Rejects with DiagnosticError for a version that kimg has no release of. */
export const readRelease = async (io: Io, version: string): Promise<Readonly<Record<string, string>>> => {
  const { releases } = await readReleases(io);
  const release = releases[version];
  if (release !== undefined) return release;
  const supported = Object.keys(releases).toSorted(compare).toReversed();
  const nearest = nearestVersion(version, supported);
  throw new DiagnosticError([
    {
      severity: "error",
      code: "kubernetes/unknown-version",
      message: `Kubernetes ${version} is not a version that kimg builds${nearest === undefined ? "" : `; the nearest is ${nearest}`}`,
      hint: `known versions: ${supported.join(", ")}`,
    },
  ]);
};
