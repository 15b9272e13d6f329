// What upstream publishes, made small: a signed apt repository, release archives with their list of digests, container images. The
// layout is the real one: https://pkgs.k8s.io, https://github.com releases, and the registries' API.
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { createCleartextMessage, generateKey, sign, type PrivateKey } from "openpgp";
import { pack } from "tar-stream";
import type { Pages } from "./upstream-server.ts";

export const sha256 = (content: Uint8Array | string): string => createHash("sha256").update(content).digest("hex");

const bytes = (text: string): Uint8Array => Buffer.from(text);

export interface SigningKey {
  readonly privateKey: PrivateKey;
  /** As `signedBy` has it. */
  readonly fingerprint: string;
  /** Armoured. */
  readonly publicKey: string;
}

/** `date` and `lifetime` (seconds) make it one of the past. */
export const makeSigningKey = async (date = new Date(Date.now() - 60_000), lifetime = 0): Promise<SigningKey> => {
  const userIDs = [{ name: "A test's repository" }];
  const { privateKey, publicKey } = await generateKey({ userIDs, date, keyExpirationTime: lifetime, format: "object" });
  return { privateKey, fingerprint: publicKey.getFingerprint().toUpperCase(), publicKey: publicKey.armor() };
};

export interface PublishedPackage {
  readonly name: string;
  /** Revision included: 1.37.2-1.1 */
  readonly version: string;
  readonly architecture: string;
}

export const packageBytes = ({ name, version, architecture }: PublishedPackage): Uint8Array =>
  bytes(`${name} ${version} for ${architecture}\n`.repeat(500));

/** As dpkg-scanpackages writes it. */
const paragraph = (published: PublishedPackage): string => {
  const { name, version, architecture } = published;
  const content = packageBytes(published);
  return [
    `Package: ${name}`,
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    "Maintainer: Kubernetes Authors <dev@kubernetes.io>",
    "Installed-Size: 1234",
    `Filename: ./${architecture}/${name}_${version}_${architecture}.deb`,
    `Size: ${content.length}`,
    `SHA256: ${sha256(content)}`,
    `Description: ${name}`,
    " More of it.",
    "",
  ].join("\n");
};

export interface RepositoryOptions {
  /** Without a scheme, with a slash at its end: pkgs.k8s.io/core:/stable:/v1.37/deb/ */
  readonly place: string;
  readonly key: SigningKey;
  readonly packages: readonly PublishedPackage[];
  readonly signedAt?: Date;
}

const releaseText = (files: Readonly<Record<string, Uint8Array>>): string => {
  const lines = Object.entries(files).map(([name, content]) => ` ${sha256(content)} ${content.length} ${name}`);
  return [
    "Origin: obs://build.opensuse.org/isv:kubernetes/deb",
    "Architectures: amd64 arm64",
    "SHA256:",
    ...lines,
    "",
  ].join("\n");
};

export const signedText = async (text: string, key: SigningKey, date = new Date()): Promise<string> =>
  sign({ message: await createCleartextMessage({ text }), signingKeys: key.privateKey, date });

/** Adds a flat repository whose InRelease the key signs. */
export const publishRepository = async (pages: Pages, options: RepositoryOptions): Promise<void> => {
  const { place, key, packages } = options;
  const index = bytes(packages.map(paragraph).join("\n"));
  const files = { Packages: index, "Packages.gz": gzipSync(index) };
  for (const [name, content] of Object.entries(files)) pages.set(`${place}${name}`, content);
  for (const published of packages) {
    const { name, version, architecture } = published;
    pages.set(`${place}${architecture}/${name}_${version}_${architecture}.deb`, packageBytes(published));
  }
  pages.set(`${place}Release.key`, bytes(key.publicKey));
  pages.set(`${place}InRelease`, bytes(await signedText(releaseText(files), key, options.signedAt)));
};

/** Path → content, as a tar of programs. */
const makeTar = async (files: Readonly<Record<string, string>>): Promise<Buffer> => {
  const archive = pack();
  for (const [name, content] of Object.entries(files))
    archive.entry({ name, mode: 0o755, mtime: new Date(0) }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** Path → content, as a .tar.gz. */
export const makeArchive = async (files: Readonly<Record<string, string>>): Promise<Uint8Array> =>
  gzipSync(await makeTar(files));

/** As in containerd's release archive, with one that kimg has no use for. */
export const containerdPrograms = {
  "bin/containerd": "containerd",
  "bin/ctr": "ctr",
  "bin/containerd-shim-runc-v2": "shim",
  "bin/containerd-stress": "stress",
} as const;

/** Adds a released file and the list of digests that has it, beside another file's. */
export const publishFile = (pages: Pages, page: string, list: string, content: Uint8Array): void => {
  pages.set(page, content);
  const name = page.replace(/.*\//, "");
  pages.set(list, bytes(`${"0".repeat(64)}  other-${name}\n${sha256(content)}  ${name}\n`));
};

export interface PublishedImage {
  readonly index: string;
  /** Of amd64. */
  readonly manifest: string;
  /** Pages of amd64's layers. */
  readonly layers: readonly string[];
}

const types = {
  index: "application/vnd.docker.distribution.manifest.list.v2+json",
  manifest: "application/vnd.docker.distribution.manifest.v2+json",
  config: "application/vnd.docker.container.image.v1+json",
  layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

type Put = (
  kind: "blobs" | "manifests",
  mediaType: string,
  content: Uint8Array,
) => { readonly mediaType: string; readonly digest: string; readonly size: number };

const putPlatform = async (put: Put, name: string, architecture: string) => {
  const tars = await Promise.all(["below", "above"].map((file) => makeTar({ [file]: `${name} for ${architecture}` })));
  const layers = tars.map((tar) => put("blobs", types.layer, gzipSync(tar)));
  const rootfs = { type: "layers", diff_ids: tars.map((tar) => `sha256:${sha256(tar)}`) };
  const config = put("blobs", types.config, bytes(JSON.stringify({ architecture, os: "linux", config: {}, rootfs })));
  const manifest = { schemaVersion: 2, mediaType: types.manifest, config, layers };
  const described = put("manifests", types.manifest, bytes(JSON.stringify(manifest)));
  return { listed: { ...described, platform: { architecture, os: "linux" } }, layers };
};

/** Adds an image of two gzip layers for two architectures, under an index, with Docker's media types as registry.k8s.io has them. */
export const publishImage = async (pages: Pages, name: string): Promise<PublishedImage> => {
  const [, host = "", path = "", tag = ""] = /^([^/]+)\/(.*):(.*)$/.exec(name) ?? [];
  const base = `${host}/v2/${path}`;
  const put: Put = (kind, mediaType, content) => {
    const digest = `sha256:${sha256(content)}`;
    pages.set(`${base}/${kind}/${digest}`, content);
    return { mediaType, digest, size: content.length };
  };
  const arm64 = await putPlatform(put, name, "arm64");
  const amd64 = await putPlatform(put, name, "amd64");
  const manifests = [arm64.listed, amd64.listed];
  const index = bytes(JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests }));
  pages.set(`${base}/manifests/${tag}`, index);
  const { digest } = put("manifests", types.index, index);
  return {
    index: digest,
    manifest: amd64.listed.digest,
    layers: amd64.layers.map((layer) => `${base}/blobs/${layer.digest}`),
  };
};
