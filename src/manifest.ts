// What lies beside an image's artifacts: artifacts.json for programs, SHA256SUMS for `sha256sum -c`.
import { kimgVersion } from "./content.ts";
import type { Artifact, BuildRequest } from "./model.ts";

/** Name of an image and of its folder: role, base, version and architecture, as they are in a catalog's listing. */
export const imageName = (request: BuildRequest): string =>
  [request.role.name, request.image.name, request.kubernetes.version, request.architecture].join("-");

/** `artifacts.json`; paths are relative to its folder. */
export const formatManifest = (request: BuildRequest, artifacts: readonly Artifact[]): string =>
  `${JSON.stringify(
    {
      version: 1,
      name: imageName(request),
      kimg: kimgVersion,
      role: request.role.name,
      image: request.image.name,
      kubernetes: request.kubernetes.version,
      from: request.kubernetes.from,
      architecture: request.architecture,
      epoch: request.epoch,
      artifacts,
    },
    undefined,
    2,
  )}\n`;

/** In the form that `sha256sum -c` reads: two spaces, text mode. */
export const formatChecksums = (files: readonly Pick<Artifact, "path" | "sha256">[]): string =>
  files
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, sha256 }) => `${sha256}  ${path}\n`)
    .join("");
