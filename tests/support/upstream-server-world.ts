// A run of `from: upstream` against upstream-server.ts: the shipped components, but with a key of the test's own.
import { expect } from "vitest";
import { ToolError } from "../../src/diagnostic.ts";
import type { Io } from "../../src/edge/io.ts";
import type { Parts } from "../../src/supply/assembly.ts";
import { type Selection, select } from "../../src/supply/selection.ts";
import { partsFromUpstream } from "../../src/supply/upstream/upstream.ts";
import { type Scratch, withScratch } from "./scratch.ts";
import { type Pages, type UpstreamServer, withUpstreamServer } from "./upstream-server.ts";
import { type PublishedPackage, publishRepository, type SigningKey } from "./upstream-server-content.ts";

/** Seconds at worst: each test writes a cache of its own to the disk, and some wait between two tries. */
export const slow = { timeout: 30_000 } as const;

/** Where pkgs.k8s.io has the packages of the version that these tests take, 1.37.2. */
export const repository = "pkgs.k8s.io/core:/stable:/v1.37/deb/";

export const kubelet: PublishedPackage = { name: "kubelet", version: "1.37.2-1.1", architecture: "amd64" };

export const kubeletPage = `${repository}amd64/kubelet_1.37.2-1.1_amd64.deb`;

/** A repository with the kubelet, or with these packages. */
export const repositoryPages = async (key: SigningKey, packages: readonly PublishedPackage[] = [kubelet]) => {
  const pages: Pages = new Map();
  await publishRepository(pages, { place: repository, key, packages });
  return pages;
};

export interface Wanted {
  readonly packages?: readonly string[];
  readonly images?: readonly string[];
  /** The fingerprint in place of the shipped one. */
  readonly signedBy?: string;
  /** Image → digest, in place of the shipped ones. */
  readonly digests?: Readonly<Record<string, string>>;
}

export const selectWanted = async (io: Io, wanted: Wanted): Promise<Selection> => {
  const { packages = [], images = [], signedBy = "none", digests = {} } = wanted;
  const selection = await select(io, { kubernetes: "1.37.2", packages, images, architecture: "amd64" });
  const trusting = <T extends Selection["packages"][number] | Selection["images"][number]>(chosen: T): T => {
    const upstream = { ...chosen.component.upstream, signedBy, digests };
    return { ...chosen, component: { ...chosen.component, upstream } };
  };
  return { packages: selection.packages.map(trusting), images: selection.images.map(trusting) };
};

export interface World {
  readonly scratch: Scratch;
  readonly server: UpstreamServer;
}

/** A server with these pages, and a new cache. */
export const withWorld = (pages: Pages, use: (world: World) => Promise<void>): Promise<void> =>
  withScratch((scratch) => withUpstreamServer(pages, (server) => use({ scratch, server })));

export const take = async (
  { scratch: { io, cache }, server }: Omit<World, "server"> & { readonly server: Pick<UpstreamServer, "environment"> },
  wanted: Wanted,
): Promise<Parts> => {
  const reaching = { ...io, environment: { ...io.environment, ...server.environment } };
  return partsFromUpstream(reaching, cache, await selectWanted(io, wanted), { architecture: "amd64", epoch: 0 });
};

/** How taking something fails; with upstream's URLs in place of the server's. */
export const refusal = async (pages: Pages, wanted: Wanted): Promise<Pick<ToolError, "doing" | "details">> => {
  let failure: unknown;
  let url = "";
  await withWorld(pages, async (world) => {
    url = `${world.server.url}/`;
    failure = await take(world, wanted).catch((error: unknown) => error);
  });
  expect(failure).toBeInstanceOf(ToolError);
  const { doing, details } = failure as ToolError;
  return { doing: doing.replace(url, "https://"), details };
};
