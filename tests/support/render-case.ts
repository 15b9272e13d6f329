// One of the clusters in tests/golden, rendered with keys that protect nothing.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkConfig, readManifests } from "../../src/config/index.ts";
import type { Diagnostic } from "../../src/diagnostic.ts";
import { systemFiles } from "../../src/edge/files.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { checkTemplates, loadLibrary } from "../../src/library/index.ts";
import type { Cluster, FileTree, Library, Secrets } from "../../src/model.ts";
import { templateShape } from "../../src/render/context.ts";
import { metadataNames } from "../../src/render/metadata.ts";
import { renderCluster } from "../../src/render/render.ts";
import { resolveCluster } from "../../src/resolve/resolve.ts";
import { parseSecrets } from "../../src/secrets/document.ts";

export const goldenFolder = join(import.meta.dirname, "../golden");

export const goldenCases = [
  "minimal",
  "ha",
  "dual-stack",
  "pools-only",
  "own-role",
  "pass-through",
  "add-ons",
  "datasources",
] as const;

const root = join(import.meta.dirname, "../..");

/** The secrets of tests/golden, as if they had been made for this cluster. */
export const testOnlySecrets = async (cluster: string): Promise<Secrets> => {
  const file = join(goldenFolder, "test-only.secrets.yaml");
  return { ...parseSecrets(await readFile(file, "utf8"), file), cluster };
};

const libraryOf = async (folders: readonly string[]): Promise<Library> => {
  const io = systemIo(startProgress("quiet"), new AbortController().signal);
  const { library, diagnostics } = await loadLibrary(io, [root, ...folders]);
  const inTemplates = [...library.roles.values()].flatMap((role) =>
    checkTemplates(role, templateShape(role), metadataNames(role.bootstrap)),
  );
  const errors = [...diagnostics, ...inTemplates].filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw thrown(errors);
  return library;
};

const thrown = (diagnostics: readonly Diagnostic[]): Error =>
  new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"));

/** cluster.yaml's text → Cluster; throws what is wrong with it. `folder`: what its paths are relative to. */
export const clusterOf = async (text: string, libraries: readonly string[] = [], folder = "."): Promise<Cluster> => {
  const library = await libraryOf(libraries);
  const { config, diagnostics } = checkConfig(text, "cluster.yaml", library);
  if (config === undefined) throw thrown(diagnostics);
  const manifests = await readManifests(systemFiles(), join(folder, "cluster.yaml"), config);
  if (manifests.diagnostics.length > 0) throw thrown(manifests.diagnostics);
  return resolveCluster(config, library, manifests.texts);
};

export const goldenCluster = async (name: string): Promise<Cluster> => {
  const folder = join(goldenFolder, name);
  const library = join(folder, "library");
  const text = await readFile(join(folder, "cluster.yaml"), "utf8");
  return clusterOf(text, existsSync(library) ? [library] : [], folder);
};

export const renderGolden = async (name: string): Promise<FileTree> => {
  const cluster = await goldenCluster(name);
  return renderCluster(cluster, await testOnlySecrets(cluster.name));
};
