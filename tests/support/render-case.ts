// One of the clusters in tests/golden, rendered with keys that protect nothing.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkConfig } from "../../src/config/index.ts";
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

export const goldenCases = ["minimal", "ha", "dual-stack", "pools-only", "own-role", "pass-through"] as const;

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
  if (errors.length > 0) throw new Error(errors.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  return library;
};

/** cluster.yaml's text → Cluster; throws what is wrong with it. */
export const clusterOf = async (text: string, libraries: readonly string[] = []): Promise<Cluster> => {
  const library = await libraryOf(libraries);
  const { config, diagnostics } = checkConfig(text, "cluster.yaml", library);
  if (config === undefined) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  return resolveCluster(config, library);
};

export const goldenCluster = async (name: string): Promise<Cluster> => {
  const folder = join(goldenFolder, name);
  const library = join(folder, "library");
  const text = await readFile(join(folder, "cluster.yaml"), "utf8");
  return clusterOf(text, existsSync(library) ? [library] : []);
};

export const renderGolden = async (name: string): Promise<FileTree> => {
  const cluster = await goldenCluster(name);
  return renderCluster(cluster, await testOnlySecrets(cluster.name));
};
