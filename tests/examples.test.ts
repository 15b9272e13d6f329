// Every example is accepted without a warning, and rendered.
import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { check } from "../src/commands/check.ts";
import { startProgress } from "../src/edge/progress.ts";
import { systemIo } from "../src/edge/system-io.ts";
import { renderCluster } from "../src/render/render.ts";
import { clusterOf, testOnlySecrets } from "./support/render-case.ts";

const folder = join(import.meta.dirname, "../examples");
const entries = await readdir(folder, { withFileTypes: true });
const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
const examples = folders.filter((name) => existsSync(join(folder, name, "cluster.yaml")));

it.each(examples)("%s", async (name) => {
  const cluster = join(folder, name, "cluster.yaml");
  const library = join(folder, name, "library");
  const libraries = existsSync(library) ? [library] : [];
  const io = systemIo(startProgress("quiet"), new AbortController().signal);
  expect(await check(io, { cluster, libraries, format: "text" })).toMatch(/^[^\n]* is right: cluster [^\n]*$/);
  const resolved = await clusterOf(await readFile(cluster, "utf8"), libraries, join(folder, name));
  const tree = renderCluster(resolved, await testOnlySecrets(resolved.name));
  for (const node of resolved.nodes) expect(tree.has(`${node.name}/nocloud.iso`)).toBe(true);
});

it("are all in the list for people", async () => {
  const readme = await readFile(join(folder, "README.md"), "utf8");
  const listed = [...readme.matchAll(/^\| `([^/]+)\/`/gm)].map((match) => match[1]);
  expect(new Set(listed)).toEqual(new Set(folders));
});
