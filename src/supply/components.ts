// The programs that are not from the distribution, as `images/components/` describes them. Owns the shape of those files;
// must not know how a program is compiled, packed or fetched.
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { shippedFolder } from "../content.ts";
import { DiagnosticError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";

export const componentsFolder = join(shippedFolder, "images/components");

const program = z.strictObject({
  /** Folder below modules/ that pins it. */
  module: z.string(),
  /** Go import path. */
  package: z.string().optional(),
  cgo: z.boolean().default(false),
  tags: z.array(z.string()).default([]),
  /** Go variables set by the linker. */
  stamp: z.record(z.string(), z.string()).default({}),
  /** A program in C: its source's path in a module of the pinned folder. */
  c: z.strictObject({ module: z.string(), source: z.string(), flags: z.array(z.string()) }).optional(),
});

const content = z.union([
  z.strictObject({ program: z.string(), upstream: z.string().optional() }),
  z.strictObject({ file: z.string(), configuration: z.boolean().default(false) }),
]);

const debianPackage = z.strictObject({
  summary: z.string(),
  depends: z.array(z.string()).default([]),
  recommends: z.array(z.string()).default([]),
  /** Absolute path on the node → what is there. */
  files: z.record(z.string(), content),
  folders: z.array(z.string()).default([]),
});

const containerImage = z.strictObject({
  name: z.string(),
  /** File below bases/. */
  base: z.string().optional(),
  files: z.record(z.string(), z.strictObject({ program: z.string() })),
  entrypoint: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  user: z.string().optional(),
});

const upstream = z.strictObject({
  /** A flat, signed apt repository, and the fingerprint of the key that signs it. */
  repository: z.string().optional(),
  signedBy: z.string().optional(),
  /** A release archive (or single program), and upstream's list of SHA-256 sums. */
  archive: z.strictObject({ url: z.string(), checksums: z.string() }).optional(),
  /** Image name → digest of its index, where known beforehand. */
  digests: z.record(z.string(), z.string()).default({}),
});

const component = z.strictObject({
  description: z.string(),
  homepage: z.string(),
  programs: z.record(z.string(), program),
  packages: z.record(z.string(), debianPackage).default({}),
  images: z.record(z.string(), containerImage).default({}),
  upstream: upstream.default({ digests: {} }),
});

const releases = z.strictObject({
  default: z.string(),
  releases: z.record(z.string(), z.record(z.string(), z.string())),
});

const compiler = z.strictObject({ suite: z.string(), packages: z.array(z.string()), toolchain: z.string() });

const base = z.strictObject({
  packages: z.array(z.string()),
  /** False when only certificates are wanted of them. */
  programs: z.boolean().default(true),
  /** Symbolic links to add: path relative to the root → target. */
  links: z.record(z.string(), z.string()).default({}),
});

export type Program = z.infer<typeof program>;
export type Content = z.infer<typeof content>;
export type DebianPackage = z.infer<typeof debianPackage>;
export type ContainerImage = z.infer<typeof containerImage>;
export type Component = z.infer<typeof component>;
export type Releases = z.infer<typeof releases>;
export type Compiler = z.infer<typeof compiler>;
export type Base = z.infer<typeof base>;

const readYaml = async <T>(io: Io, path: string, schema: z.ZodType<T>): Promise<T> => {
  const text = await io.files.readText(path);
  const result = schema.safeParse(parse(text, { merge: true }));
  if (result.success) return result.data;
  throw new DiagnosticError(
    result.error.issues.map((issue) => ({
      severity: "error",
      code: "components/invalid",
      message: `${path}: ${issue.path.join(".")}: ${issue.message}`,
      hint: "this file comes with kimg; reinstall it, or undo what was changed",
    })),
  );
};

export const readReleases = (io: Io): Promise<Releases> =>
  readYaml(io, join(componentsFolder, "releases.yaml"), releases);

export const readComponent = (io: Io, name: string): Promise<Component> =>
  readYaml(io, join(componentsFolder, `${name}.yaml`), component);

export const readCompiler = (io: Io): Promise<Compiler> =>
  readYaml(io, join(componentsFolder, "modules/compiler.yaml"), compiler);

export const readBase = (io: Io, name: string): Promise<Base> =>
  readYaml(io, join(componentsFolder, "bases", `${name}.yaml`), base);

/** A file that packages hold as it is. */
export const readPackagedFile = (io: Io, name: string): Promise<Uint8Array> =>
  io.files.read(join(componentsFolder, "files", name));
