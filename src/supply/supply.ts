// Where Kubernetes and its companions come from: compiled from modules, from upstream, or from a mirror. Owns the choice, and that all
// three yield the same names; must not know a role, or what the parts are put into.
import type { Cache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import type { Architecture, BuildRequest, SuppliedParts, SupplySource } from "../model.ts";
import { assemble, type Parts } from "./assembly.ts";
import { partsFromMirror } from "./mirror.ts";
import { partsFromModules } from "./modules.ts";
import type { PackingOptions } from "./packing.ts";
import { select, type Selection } from "./selection.ts";
import { partsFromUpstream } from "./upstream/upstream.ts";

export interface SupplyRequest {
  /** The exact version, where it comes from and, for `mirror`, the folder made by `kimg mirror create`. */
  readonly kubernetes: BuildRequest["kubernetes"];
  /** Upstream's package names: kubeadm, containerd … */
  readonly packages: readonly string[];
  /** Short names of container images, or of components for all of theirs: kube-proxy, flannel … */
  readonly images: readonly string[];
  readonly architecture: Architecture;
  /** Seconds since 1970, given to every file that kimg packs itself. */
  readonly epoch: number;
}

type Source = (
  io: Io,
  cache: Cache,
  selection: Selection,
  options: PackingOptions & { readonly kubernetes: BuildRequest["kubernetes"] },
) => Promise<Parts>;

const sources = {
  modules: partsFromModules,
  upstream: partsFromUpstream,
  mirror: partsFromMirror,
} satisfies Record<SupplySource, Source>;

/**
 * The packages and images asked for, in the cache. Rejects with DiagnosticError for what kimg does not have, with ToolError when a
 * host cannot be reached or a digest is not the expected one.
 */
export const supply = async (io: Io, cache: Cache, request: SupplyRequest): Promise<SuppliedParts> => {
  const { kubernetes, architecture, epoch, packages, images } = request;
  const selection = await select(io, { kubernetes: kubernetes.version, packages, images, architecture });
  const source: Source = sources[kubernetes.from];
  const parts = await source(io, cache, selection, { architecture, epoch, kubernetes });
  return assemble(io, cache, parts, epoch);
};
