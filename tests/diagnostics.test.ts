// Exactly what the user sees: `x.yaml` is what was written, `x.txt` what is said about it. KIMG_UPDATE=1 writes the texts, and still fails,
// so that no run that changed them passes. `*.yaml` are cluster.yaml files, judged with the library in library/; roles/ and images/ hold
// a role.yaml or image.yaml each, with its templates beside it, judged as part of a library of their own.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { judgeConfig, place, readConfig, readManifests, sorted } from "../src/config/index.ts";
import { readText } from "../src/config/read-file.ts";
import type { Diagnostic } from "../src/diagnostic.ts";
import { formatDiagnostics } from "../src/diagnostic.ts";
import { systemFiles } from "../src/edge/files.ts";
import type { Files, Io } from "../src/edge/io.ts";
import type { TemplateShape } from "../src/library/index.ts";
import { checkTemplates, loadLibrary } from "../src/library/index.ts";
import type { Library } from "../src/model.ts";
import type { Overlay } from "./support/overlay-files.ts";
import { overlayFiles } from "./support/overlay-files.ts";

const folder = join(import.meta.dirname, "diagnostics");
const updating = process.env["KIMG_UPDATE"] === "1";

const ioWith = (files: Files): Io => ({ files }) as Io;

const fixtures = (below: string): readonly string[] =>
  readdirSync(join(folder, below))
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => name.slice(0, -".yaml".length));

const compare = (path: string, diagnostics: readonly Diagnostic[]): void => {
  const said = formatDiagnostics(diagnostics, { color: false }).replaceAll(`${folder}/`, "");
  const text = said === "" ? "" : `${said}\n`;
  const expected = existsSync(`${path}.txt`) ? readFileSync(`${path}.txt`, "utf8") : undefined;
  if (updating && text !== expected) writeFileSync(`${path}.txt`, text);
  expect(text).toBe(expected);
};

/** Fixed, so that a new Kubernetes version changes no text here. */
const versions = {
  kubernetesVersions: ["1.37.2", "1.36.3", "1.36.1", "1.35.4", "1.34.4"],
  defaultKubernetesVersion: "1.37.2",
};

describe("cluster.yaml", () => {
  let library: Library;
  beforeAll(async () => {
    const loaded = await loadLibrary(ioWith(systemFiles()), [join(folder, "library")]);
    expect(loaded.diagnostics).toEqual([]);
    library = { ...loaded.library, ...versions };
  });

  /** The files that it names are in the folder of the fixtures. */
  const judge = async (overlay: Overlay): Promise<readonly Diagnostic[]> => {
    const files = overlayFiles(systemFiles(), overlay);
    const { text, diagnostics } = await readText(files, "cluster.yaml");
    if (text === undefined) return diagnostics;
    const { config, source, ...read } = readConfig(text, "cluster.yaml");
    if (config === undefined || source === undefined) return read.diagnostics;
    const manifests = await readManifests(files, join(folder, "cluster.yaml"), config);
    const judged = judgeConfig({ config, source, ...read }, library);
    return sorted([...judged.diagnostics, ...place(manifests.diagnostics, source)]);
  };

  it.each(fixtures("."))("%s", async (name) => {
    compare(join(folder, name), await judge(new Map([["cluster.yaml", readFileSync(join(folder, `${name}.yaml`))]])));
  });

  it("has at least 80 pairs", () => {
    expect(fixtures(".").length).toBeGreaterThanOrEqual(80);
  });

  it("refuses 10 MB at once", async () => {
    const large = Buffer.alloc(10_000_000, "kubelet: { a: [[[[[[[[\n");
    const start = performance.now();
    compare(join(folder, "generated/file-10-mb"), await judge(new Map([["cluster.yaml", large]])));
    expect(performance.now() - start).toBeLessThan(500);
  });

  it("refuses a manifest of 5 MB", async () => {
    const text = readFileSync(join(folder, "manifests-twice.yaml"), "utf8").replace(
      "{ manifest: manifests/right.yaml }",
      "none",
    );
    const large = Buffer.alloc(5_000_000, "#\n");
    const overlay: Overlay = new Map([
      ["cluster.yaml", Buffer.from(text.replace(/^manifests: .*$/m, "manifests: [large.yaml]"))],
      [join(folder, "large.yaml"), large],
    ]);
    compare(join(folder, "generated/manifest-5-mb"), await judge(overlay));
  });

  it("takes a manifest of 2 MB", { timeout: 60_000 }, async () => {
    const text = readFileSync(join(folder, "manifests-twice.yaml"), "utf8").replace(/^manifests: .*$/m, "");
    const version =
      "    - { name: v1, served: true, schema: { openAPIV3Schema: { type: object, description: words } } }\n";
    const object = "apiVersion: v1\nkind: CustomResourceDefinition\nmetadata: { name: things }\nspec:\n  versions:\n";
    const large = Buffer.from(`${object}${version.repeat(1000)}---\n`.repeat(20));
    expect(large.length).toBeGreaterThan(1_900_000);
    const overlay: Overlay = new Map([
      ["cluster.yaml", Buffer.from(text)],
      [join(folder, "manifests/right.yaml"), large],
    ]);
    expect(await judge(overlay)).toEqual([]);
  });

  it("takes what lies just below the limit, within seconds", async () => {
    const nodes = Array.from({ length: 5000 }, (_, index) => `  - { name: w${index}, role: worker }\n`).join("");
    const text = `version: 1\nname: prod\nendpoint: { host: a.b }\nnodes:\n  - { name: cp1, role: master-init }\n${nodes}`;
    const said = await judge(new Map([["cluster.yaml", Buffer.from(text)]]));
    expect(said.map(({ code }) => code)).toEqual(["network/pods-too-small"]);
  });

  it.each(["EACCES", "EPERM"])("says that it may not read (%s)", async (fails) => {
    compare(join(folder, "generated/file-no-permission"), await judge(new Map([["cluster.yaml", { fails }]])));
  });

  it.each([
    ["file-missing", "no/such/cluster.yaml"],
    ["file-directory", "."],
    ["file-device", "/dev/null"],
  ])("%s", async (name, path) => {
    compare(join(folder, `generated/${name}`), (await readText(systemFiles(), path, "what to do")).diagnostics);
  });
});

/** What a template of the fixtures may see. */
const shape: TemplateShape = {
  fields: {
    cluster: {
      fields: {
        name: "scalar",
        endpoint: { fields: { host: "scalar", port: "scalar" } },
        masters: { list: { fields: { name: "scalar", addresses: { list: "scalar" } } } },
      },
    },
    node: { fields: { name: "scalar", labels: { map: "scalar" }, values: "any" } },
    kubeadm: { fields: { join: "scalar" } },
  },
};

/** Files of the fixture, at the places that they have in a library. */
const asLibrary = (kind: "roles" | "images", name: string): Overlay => {
  const document = kind === "roles" ? "role.yaml" : "image.yaml";
  const beside = readdirSync(join(folder, kind)).filter(
    (file) => file.startsWith(`${name}.`) && !/\.(yaml|txt)$/.test(file),
  );
  return new Map([
    [`my/${kind}/${name}/${document}`, readFileSync(join(folder, kind, `${name}.yaml`))],
    ...beside.map(
      (file) => [`my/${kind}/${name}/${file.slice(name.length + 1)}`, readFileSync(join(folder, kind, file))] as const,
    ),
  ]);
};

describe.each(["roles", "images"] as const)("%s", (kind) => {
  it.each(fixtures(kind))("%s", async (name) => {
    const io = ioWith(overlayFiles(systemFiles(), asLibrary(kind, name)));
    const { library, diagnostics } = await loadLibrary(io, [join(folder, "library"), "my"]);
    const role = library.roles.get(name);
    const templates = role === undefined ? [] : checkTemplates(role, shape, ["token", "role"]);
    compare(join(folder, kind, name), [...diagnostics, ...templates]);
  });
});
