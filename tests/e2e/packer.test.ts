// Packer's templates, given to real Packers: 1.6.6 checks every builder that it has inside; 1.15 checks syntax and form, for its plugins
// cannot be had as Go modules (tests/packer.test.ts checks their fields against the plugins' own lists). And what kimg says when Packer is
// missing, too old, without a plugin, or fails.
import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shippedFolder } from "../../src/content.ts";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { builders } from "../../src/engines/packer/builders/index.ts";
import type { BuilderSupply } from "../../src/engines/packer/builders/builder.ts";
import { templateForms, type FileTree, type TemplateForm } from "../../src/model.ts";
import { smallDirectory, variablesOf } from "../support/packer-case.ts";
import { newPacker, oldPacker } from "../support/packer-programs.ts";

const io = systemIo(startProgress("lines"), new AbortController().signal);
const cache = openCache(io, cacheFolder(io.environment));

let folder: string;
let old: string;
let recent: string;
let identity: Server;

const put = async (to: string, tree: FileTree): Promise<void> => {
  for (const [path, { bytes, mode }] of tree) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    await writeFile(join(to, path), bytes);
    await chmod(join(to, path), mode);
  }
};

interface Ran {
  readonly code: number | string;
  readonly output: string;
}

const run = (
  program: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Ran> =>
  new Promise((resolve) => {
    const env = { PATH: process.env["PATH"], HOME: folder, CHECKPOINT_DISABLE: "1", ...environment };
    execFile(program, [...args], { cwd, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? -1), output: `${stdout}\n${stderr}` });
    });
  });

/** Just enough of https://docs.openstack.org/api-ref/identity/v3/ for a builder that asks for a token before it looks at its fields. */
const identityService = (): Server =>
  createServer((request, response) => {
    const { port } = identity.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/v3/`;
    const version = { id: "v3.14", status: "stable", links: [{ rel: "self", href: url }] };
    const service = (type: string) => ({
      type,
      name: type,
      endpoints: [{ interface: "public", region: "r", region_id: "r", url: `http://127.0.0.1:${port}/${type}` }],
    });
    const asked = request.url?.endsWith("/auth/tokens") === true;
    const token = { catalog: ["compute", "image", "network"].map(service), expires_at: "2099-01-01T00:00:00.000000Z" };
    response.writeHead(asked ? 201 : 200, { "content-type": "application/json", "x-subject-token": "t" });
    response.end(JSON.stringify(asked ? { token } : { versions: { values: [version] }, version }));
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kimg-packer-"));
  old = (await oldPacker(io, cache)).path;
  recent = await newPacker(io, cache);
  identity = identityService();
  await new Promise<void>((resolve) => {
    identity.listen(0, "127.0.0.1", resolve);
  });
  for (const name of ["disk", "cd"]) await writeFile(join(folder, name), "");
});
afterAll(async () => {
  identity.close();
  await rm(folder, { recursive: true, force: true });
});

const written = async (name: string, form: TemplateForm, supply: BuilderSupply): Promise<string> => {
  const builder = builders.find((each) => each.name === name);
  if (builder === undefined) throw new Error(`no builder ${name}`);
  const to = join(folder, supply, form, name);
  await put(to, smallDirectory(builder, form, supply));
  return to;
};

/** Nobody is asked but this machine: every builder finds its credentials here, and no proxy leads anywhere. */
const credentials = (): Record<string, string> => ({
  ...{ AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_EC2_METADATA_DISABLED: "true" },
  ...{ PROXMOX_URL: "https://127.0.0.1:1/api2/json", PROXMOX_USERNAME: "u@pve", PROXMOX_PASSWORD: "p" },
  ...{ OS_AUTH_URL: `http://127.0.0.1:${(identity.address() as AddressInfo).port}/v3`, OS_USERNAME: "u" },
  ...{ OS_PASSWORD: "p", OS_PROJECT_NAME: "t", OS_DOMAIN_NAME: "d", OS_REGION_NAME: "r" },
  ...{ http_proxy: "http://127.0.0.1:1", https_proxy: "http://127.0.0.1:1", no_proxy: "127.0.0.1" },
});

const variableArguments = (name: string): string[] =>
  Object.entries(variablesOf[name] ?? {}).flatMap(([key, value]) => [
    "-var",
    `${key}=${value.replace(/^\/tmp\//, `${folder}/`)}`,
  ]);

const everyTemplate = builders.flatMap(({ name }) => templateForms.map((form) => [name, form] as const));

describe("Packer 1.6.6", () => {
  it.each(everyTemplate)("finds the template of %s in %s right", async (name, form) => {
    const place = await written(name, form, "bundled");
    if ((await readdir(place)).includes("new-key.sh")) {
      expect(await run("sh", ["new-key.sh"], place, {})).toMatchObject({ code: 0 });
    }
    const { code, output } = await run(old, ["validate", ...variableArguments(name), "."], place, credentials());
    expect(output).not.toContain("Error");
    expect(code).toBe(0);
  });

  it.each(templateForms)("would find a wrong one wrong, in %s", async (form) => {
    const place = await written("qemu", form, "bundled");
    const file = join(place, form === "json" ? "source.pkr.json" : "source.pkr.hcl");
    const text = Buffer.from(await io.files.read(file)).toString();
    await writeFile(file, text.replace(/disk_compression/, "disk_compresion"));
    const { code, output } = await run(old, ["validate", ...variableArguments("qemu"), "."], place, credentials());
    expect(output).toContain("disk_compresion");
    expect(code).not.toBe(0);
  });
});

describe("Packer 1.15", () => {
  it.each(everyTemplate)("finds the syntax of %s in %s right", async (name, form) => {
    const place = await written(name, form, "plugins");
    expect(await run(recent, ["validate", "-syntax-only", "."], place, {})).toMatchObject({ code: 0 });
  });

  it.each(builders)("would write $name in HCL2 no other way", async ({ name }) => {
    const place = await written(name, "hcl2", "plugins");
    const { code, output } = await run(recent, ["fmt", "-check", "-diff", "."], place, {});
    expect(output.trim()).toBe("");
    expect(code).toBe(0);
  });

  it("sees all plugins that the templates need, and no others", async () => {
    for (const { name, plugin } of builders) {
      const place = await written(name, "json", "plugins");
      const { code, output } = await run(recent, ["validate", ...variableArguments(name), "."], place, credentials());
      expect(output).toContain(`* ${plugin.source} ${plugin.version}`);
      expect(code).not.toBe(0);
    }
  });

  it("would find wrong syntax and another form", async () => {
    const place = await written("qemu", "hcl2", "plugins");
    const file = join(place, "source.pkr.hcl");
    const text = await io.files.readText(file);
    await writeFile(file, text.replace(/disk_image +=/, "disk_image ="));
    expect(await run(recent, ["fmt", "-check", "."], place, {})).toMatchObject({ code: 3 });
    await writeFile(file, `${text}}\n`);
    expect(await run(recent, ["validate", "-syntax-only", "."], place, {})).toMatchObject({ code: 1 });
  });
});

const byQemu = (): string[] => [
  "--builder",
  "qemu",
  "--var",
  `base_image=${join(folder, "disk")}`,
  "--var",
  "accelerator=tcg",
];

/** `kimg build --engine packer` of the role base, which needs nothing of a supply, with just these programs in its PATH. */
const build = async (
  programs: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
  more: readonly string[] = byQemu(),
): Promise<Ran & { readonly directory: string }> => {
  const place = await mkdtemp(join(folder, "build-"));
  const bin = join(place, "bin");
  await mkdir(bin);
  for (const [name, content] of Object.entries(programs)) {
    if (content.startsWith("/")) await symlink(content, join(bin, name));
    else await writeFile(join(bin, name), `#!/bin/sh\n${content}\n`, { mode: 0o755 });
  }
  const words = ["build", "--role", "base", "--engine", "packer", "--output", join(place, "build"), ...more];
  const command = ["--import", "tsx", join(shippedFolder, "src/cli.ts"), ...words];
  const ran = await run(process.execPath, command, shippedFolder, {
    ...{ ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}`, ...environment },
  });
  return { ...ran, directory: join(place, "build/packer/base-debian-13-1.37.2-amd64-qemu") };
};

const nowhere = {
  http_proxy: "http://127.0.0.1:1",
  https_proxy: "http://127.0.0.1:1",
  HTTPS_PROXY: "http://127.0.0.1:1",
};

/** Of a builder that no Packer has inside, and without a file of its own. */
const foreignImage = `description: For a builder of others.
distribution: debian
suite: trixie
sources: [deb http://deb.debian.org/debian trixie main]
packages: [linux-image-amd64, systemd-sysv, cloud-init, openssh-server, sudo]
packer:
  source: { nutanix: { ssh_username: debian } }
  plugins: { nutanix: { source: github.com/nutanix-cloud-native/nutanix, version: ">= 1.0.0" } }
`;

describe("kimg build --engine packer", () => {
  it("says that there is no Packer, and what can be done without", async () => {
    const { code, output } = await build({}, { PATH: "/nowhere" });
    expect(code).toBe(3);
    expect(output).toContain("failed while looking for Packer");
    expect(output).toContain("no program `packer`");
    expect(output).toContain("to repeat it: packer version");
    expect(output).toContain("`kimg packer` still writes the templates");
  });

  it("says what is there in place of Packer", async () => {
    const other = await build({ packer: "echo 12 34" });
    expect(other).toMatchObject({ code: 3 });
    expect(other.output).toContain('is not HashiCorp\'s Packer: it says "12 34"');
    const older = await build({ packer: "echo Packer v1.5.6" });
    expect(older).toMatchObject({ code: 3 });
    expect(older.output).toContain("is Packer 1.5.6; templates of kimg need 1.6.6 or later");
    expect(older.output).toContain("hint: kimg calls the Packer that you have");
  });

  it("says which plugin is missing, and how it comes there", async () => {
    const { code, output, directory } = await build({ packer: recent }, nowhere);
    expect(code).toBe(3);
    expect(output).toContain("failed while fetching Packer's plugin");
    expect(output).toContain("github.com/hashicorp/qemu >= 1.1.0");
    expect(output).toContain("packer plugins install --path");
    expect(output).toMatch(new RegExp(`to repeat it: cd ${directory} && sh new-key.sh run && \\S+/packer init \\.`));
  });

  it("says what a Packer needs that has its builders inside, but not this one", async () => {
    const library = await mkdtemp(join(folder, "library-"));
    await mkdir(join(library, "images/foreign"), { recursive: true });
    await writeFile(join(library, "images/foreign/image.yaml"), foreignImage);
    const more = ["--image", "foreign", "--library", library, "--builder", "nutanix"];
    const { code, output } = await build({ packer: old }, {}, more);
    expect(code).toBe(3);
    expect(output).toContain("Unknown source type nutanix");
    expect(output).toContain("hint: Packer 1.6.6 has no builder nutanix inside");
    expect(output).toContain("packer-builder-nutanix in ~/.packer.d/plugins");
    expect(output).not.toContain("packer init");
    expect(output).not.toContain("Bad source");
  });

  it("says which values a template still needs", async () => {
    const { code, output } = await build({ packer: old }, {}, [
      "--builder",
      "vsphere-clone",
      "--var",
      "datacenter=one",
    ]);
    expect(code).toBe(3);
    expect(output).toContain("failed while checking the template");
    expect(output).toMatch(/hint: vsphere-clone needs .*`template`, one of `cluster` and `host`; --var NAME=VALUE/);
    expect(output).toContain("credentials: PKR_VAR_vcenter_password");
  });

  it("shows the end of a failed build and of the machine's console, how to repeat it, and no secret", async () => {
    const emulator = `[ "$1" = -version ] && { echo "QEMU emulator version 9.0.0"; exit; }
printf 'booting\\r\\nKernel panic - not syncing\\r\\n' > run/console.log
exit 1`;
    const image = `for last; do :; done; [ "$1" = "--help" ] || : > "$last"`;
    const secret = "http://user:hunter2@127.0.0.1:1";
    const { code, output, directory } = await build(
      { packer: old, "qemu-system-x86_64": emulator, "qemu-img": image },
      { PKR_VAR_http_proxy: secret, PKR_VAR_debian_mirror: secret },
    );
    expect(output).toContain("failed while building with Packer's qemu");
    expect(output).toContain("Kernel panic - not syncing");
    expect(output).toContain(join(directory, "run/console.log"));
    expect(output).toMatch(
      /to repeat it: cd \S+ && sh new-key\.sh run && \S+\/packer build -color=false -var work_directory=run/,
    );
    expect(output).not.toContain("hunter2");
    expect(code).toBe(3);
    expect(await readdir(join(directory, "run"))).not.toContain("key");
    expect(await readdir(join(directory, "run"))).toContain("console.log");
  });
});
