import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { shippedFolder } from "../content.ts";
import { systemFiles } from "../edge/files.ts";
import type { Io } from "../edge/io.ts";
import { metadataNames } from "../render/metadata.ts";
import { templateShape } from "../render/context.ts";
import { checkTemplates, loadLibrary } from "./index.ts";

const io = { files: systemFiles() } as Io;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kimg-library-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const write = (path: string, text: string, mode = 0o644): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
  chmodSync(join(folder, path), mode);
};

const role = (more = ""): string => `kimg:\n  description: d\n  bootstrap: join-worker\n${more}`;
const image = (more = ""): string =>
  `description: d\ndistribution: debian\nsuite: trixie\nsources: [deb http://deb.debian.org/debian trixie main]\n${more}`;

const load = (...below: readonly string[]) =>
  loadLibrary(
    io,
    below.map((each) => join(folder, each)),
  );

describe("what kimg ships", () => {
  it("is right, templates included", async () => {
    const { library, diagnostics } = await loadLibrary(io, [shippedFolder]);
    expect(diagnostics).toEqual([]);
    expect([...library.roles.keys()]).toEqual(["base", "haproxy", "master-init", "master-join", "worker"]);
    expect([...library.images.keys()]).toEqual(["debian-12", "debian-13"]);
    expect(library.kubernetesVersions).toContain(library.defaultKubernetesVersion);
    for (const each of library.roles.values()) {
      expect(checkTemplates(each, templateShape(each), metadataNames(each.bootstrap))).toEqual([]);
    }
  });
});

describe("files and steps", () => {
  it("come from the folders named, later ones over earlier ones, sorted, with only the executable bit kept", async () => {
    write("a/images/os/image.yaml", image("files: [one, two, { from: tool.py, to: /usr/bin/tool }]\nsteps: [10.sh]\n"));
    write("a/images/os/one/etc/b", "one");
    write("a/images/os/one/etc/a", "one");
    write("a/images/os/two/etc/b", "two", 0o640);
    write("a/images/os/two/bin/x", "run", 0o700);
    write("a/images/os/tool.py", "tool", 0o755);
    write("a/images/os/10.sh", "#!/bin/sh\ntrue\n");
    const { library, diagnostics } = await load("a");
    expect(diagnostics).toEqual([]);
    const found = library.images.get("os");
    const files = [...(found?.files ?? [])].map(([path, { mode, bytes }]) => [
      path,
      mode.toString(8),
      Buffer.from(bytes).toString(),
    ]);
    expect(files).toEqual([
      ["bin/x", "755", "run"],
      ["etc/a", "644", "one"],
      ["etc/b", "644", "two"],
      ["usr/bin/tool", "755", "tool"],
    ]);
    expect(found?.steps).toEqual([{ source: "images/os/10.sh", script: "#!/bin/sh\ntrue\n" }]);
    expect(found?.architectures).toEqual(["amd64"]);
  });

  it("never hold what editors and Python leave behind", async () => {
    write("a/roles/r/role.yaml", role("  files: [files]\n"));
    for (const name of ["x", "x~", ".x.swp", ".DS_Store", "__pycache__/x.pyc"]) write(`a/roles/r/files/${name}`, "");
    const { library } = await load("a");
    expect([...(library.roles.get("r")?.files.keys() ?? [])]).toEqual(["x"]);
  });

  it("cannot be links", async () => {
    write("a/roles/r/role.yaml", role("  files: [files]\n"));
    write("a/roles/r/files/x", "");
    symlinkSync("x", join(folder, "a/roles/r/files/y"));
    const { diagnostics } = await load("a");
    expect(diagnostics.map(({ code }) => code)).toEqual(["library/not-a-file"]);
  });

  it("may be borrowed from a library before, and never from one after", async () => {
    write("a/images/common/steps/10.sh", "#!/bin/sh\n# from a\n");
    write("a/images/os/image.yaml", image("steps: [../common/steps/20.sh]\n"));
    write("b/images/common/steps/20.sh", "#!/bin/sh\n# from b\n");
    write("b/images/mine/image.yaml", image("steps: [../common/steps/10.sh, ../common/steps/20.sh]\n"));
    const { library, diagnostics } = await load("a", "b");
    expect(library.images.get("mine")?.steps.map(({ script }) => script)).toEqual([
      "#!/bin/sh\n# from a\n",
      "#!/bin/sh\n# from b\n",
    ]);
    expect(diagnostics.map(({ code, path }) => [code, path])).toEqual([["library/missing-file", ["steps", 0]]]);
  });
});

describe("names", () => {
  it("can be taken over only by whoever says so", async () => {
    write("a/roles/r/role.yaml", role());
    write("b/roles/r/role.yaml", role("  replaces: true\n  packages: [vim]\n"));
    write("c/roles/r/role.yaml", role("  packages: [emacs]\n"));
    const { library, diagnostics } = await load("a", "b", "c");
    expect(library.roles.get("r")?.packages).toEqual(["vim"]);
    expect(diagnostics.map(({ code }) => code)).toEqual(["library/name-taken"]);
  });

  it("of shared folders and hidden ones are no images", async () => {
    for (const name of ["common", "agent", "components", ".cache"]) write(`a/images/${name}/x`, "");
    write("a/images/README.md", "");
    const { library, diagnostics } = await load("a");
    expect([library.images.size, diagnostics]).toEqual([0, []]);
  });

  it("without their document are told", async () => {
    write("a/roles/r/rol.yaml", role());
    const { diagnostics } = await load("a");
    expect(diagnostics[0]?.message).toBe(`there is no file ${folder}/a/roles/r/role.yaml`);
  });
});

it("a library must be there, and be one", async () => {
  mkdirSync(join(folder, "empty"));
  const { diagnostics } = await load("missing", "empty");
  expect(diagnostics.map(({ code }) => code).toSorted()).toEqual(["library/empty", "library/missing"]);
});

it("a user's own role needs no TypeScript", async () => {
  write(
    "mine/roles/gpu/role.yaml",
    role("  units: [gpu.service]\nwrite_files:\n  - { path: /etc/gpu, template: gpu.hbs }\n"),
  );
  write("mine/roles/gpu/gpu.hbs", "{{node.name}} {{lookup node.labels 'gpu'}} {{node.values.driver}}\n");
  const { library, diagnostics } = await loadLibrary(io, [shippedFolder, join(folder, "mine")]);
  const gpu = library.roles.get("gpu");
  expect(diagnostics).toEqual([]);
  expect(gpu?.sources.get("gpu.hbs")).toContain("node.values.driver");
  expect(gpu?.cloudConfig).toEqual({ write_files: [{ path: "/etc/gpu", template: "gpu.hbs" }] });
  expect(gpu === undefined ? [] : checkTemplates(gpu, templateShape(gpu), metadataNames(gpu.bootstrap))).toEqual([]);
});
