// Which Kubernetes versions there are, and what belongs to each.
import { DiagnosticError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import { compareVersions, nearestVersion } from "../kubernetes-version.ts";
import { readReleases } from "./components.ts";

export interface KubernetesVersions {
  readonly default: string;
  /** Newest first. */
  readonly supported: readonly string[];
}

export const kubernetesVersions = async (io: Io): Promise<KubernetesVersions> => {
  const { default: preferred, releases } = await readReleases(io);
  return { default: preferred, supported: Object.keys(releases).toSorted(compareVersions).toReversed() };
};

/** Component → version. Rejects with DiagnosticError for a version that kimg has no release of. */
export const readRelease = async (io: Io, version: string): Promise<Readonly<Record<string, string>>> => {
  const { releases } = await readReleases(io);
  const release = releases[version];
  if (release !== undefined) return release;
  const supported = Object.keys(releases).toSorted(compareVersions).toReversed();
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
