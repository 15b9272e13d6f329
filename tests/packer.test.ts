// Packer's templates, whole: what each builder's directory is rendered to. `KIMG_UPDATE=1` writes them anew and fails all the same.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { builders } from "../src/engines/packer/builders/index.ts";
import { renderDirectory } from "../src/engines/packer/directory.ts";
import { isExpression, isNested, isTextTemplate } from "../src/engines/packer/template/template.ts";
import type { FileTree } from "../src/model.ts";
import { comparable, difference, none, onDisk, write } from "./support/golden-tree.ts";
import { smallDirectory, smallImage, smallRequest } from "./support/packer-case.ts";

const goldenFolder = join(import.meta.dirname, "golden/packer");
const qemu = builders.find(({ name }) => name === "qemu");
if (qemu === undefined) throw new Error("no builder qemu");

const only = (tree: FileTree, pattern: RegExp): FileTree => new Map([...tree].filter(([path]) => pattern.test(path)));

const ownTemplate = /^(source|variables|plugins)\.pkr\.|^README\.md$|^installer\//;

/** One directory whole; of the others, what they have for themselves. */
const cases: readonly (readonly [name: string, tree: FileTree])[] = [
  ...builders.map(
    (builder) =>
      [builder.name, builder === qemu ? smallDirectory(qemu) : only(smallDirectory(builder), ownTemplate)] as const,
  ),
  ["qemu-json", only(smallDirectory(qemu, "json"), /\.pkr\.json$/)],
  ["qemu-bundled", only(smallDirectory(qemu, "hcl2", "bundled"), ownTemplate)],
];

describe.each(cases)("%s", (name, tree) => {
  it("is rendered to its golden tree", async () => {
    const folder = join(goldenFolder, name);
    const made = comparable(tree);
    const found = difference(made, await onDisk(folder));
    if (process.env["KIMG_UPDATE"] === "1") await write(folder, made);
    expect(found).toEqual(none);
  });
});

interface Fields {
  /** By type: names. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly blocks?: Readonly<Record<string, Fields>>;
}

const { builders: known } = JSON.parse(
  await readFile(join(import.meta.dirname, "support/packer-fields.json"), "utf8"),
) as { readonly builders: Readonly<Record<string, Fields>> };

const typeOf = ({ attributes }: Fields, name: string): string | undefined =>
  Object.entries(attributes).find(([, names]) => names.split(" ").includes(name))?.[0];

/** Whether HCL takes a value for a type; what is computed may be anything. */
const fits = (value: unknown, type: string): boolean => {
  if (value === null || isExpression(value)) return true;
  if (isTextTemplate(value) || typeof value === "string") return type === "string";
  if (Array.isArray(value)) {
    const inner = /^list\((.*)\)$/.exec(type)?.[1];
    return inner !== undefined && value.every((each) => fits(each, inner));
  }
  if (typeof value === "object")
    return type.startsWith("map(") && Object.values(value).every((each) => fits(each, "string"));
  return type === (typeof value === "boolean" ? "bool" : typeof value);
};

const complaints = (fields: Fields, attributes: Readonly<Record<string, unknown>>, place: string): string[] =>
  Object.entries(attributes).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const block = fields.blocks?.[name];
    if (isNested(value)) {
      if (block === undefined) return [`${place}.${name} is no block`];
      return value.blocks.flatMap((each) => complaints(block, each, `${place}.${name}`));
    }
    const type = typeOf(fields, name);
    if (type === undefined) return [`${place} has no argument ${name}`];
    return fits(value, type) ? [] : [`${place}.${name} is a ${type}`];
  });

describe("the fields of a source", () => {
  it.each(builders)("are what the plugin of $name takes", (builder) => {
    const fields = known[builder.name];
    expect(fields).toBeDefined();
    const source = builder.source({ image: smallImage, builders: "plugins" });
    expect(complaints(fields ?? { attributes: {} }, source, builder.name)).toEqual([]);
  });

  it("would be found wrong", () => {
    const fields = known["amazon-ebs"] ?? { attributes: {} };
    const wrong = { regoin: "x", encrypt_boot: "yes", ami_regions: [1], metadata_options: { http_tokens: "required" } };
    expect(complaints(fields, wrong, "it")).toEqual([
      "it has no argument regoin",
      "it.encrypt_boot is a bool",
      "it.ami_regions is a list(string)",
      "it has no argument metadata_options",
    ]);
  });
});

const sourceText = (name: string): string => {
  const builder = builders.find((each) => each.name === name);
  if (builder === undefined) throw new Error(name);
  return Buffer.from(smallDirectory(builder).get("source.pkr.hcl")?.bytes ?? "").toString();
};

describe("what keeps an image safe", () => {
  it.each([
    ["amazon-ebs", 'http_tokens = "required"'],
    ["amazon-ebs", "http_put_response_hop_limit = 1"],
    ["amazon-ebs", 'imds_support = "v2.0"'],
    ["amazon-ebs", "encrypt_boot = true"],
    ["googlecompute", "enable_secure_boot = true"],
    ["googlecompute", "disable_default_service_account = true"],
    ["azure-arm", "secure_boot_enabled = true"],
    ["vsphere-iso", '"efi-secure"'],
    ["vsphere-clone", '"efi-secure"'],
    ["proxmox-iso", "pre_enrolled_keys = true"],
  ])("%s: %s", (name, line) => {
    expect(sourceText(name).replaceAll(/ +/g, " ")).toContain(line);
  });

  it.each(builders)("$name: no password, a key for each build, and its user is removed", (builder) => {
    const tree = smallDirectory(builder);
    const all = [...tree].map(([path, { bytes }]) => `${path}\n${Buffer.from(bytes).toString()}`).join("\n");
    expect(all).not.toMatch(/ssh_password|BEGIN [A-Z ]*PRIVATE KEY|plain_text_passwd|hashed_passwd/);
    const own = sourceText(builder.name).includes("key/id_ed25519");
    expect(own).toBe(builder.key !== "platform");
    expect(own).toBe(tree.has("new-key.sh"));
    const build = Buffer.from(tree.get("build.pkr.hcl")?.bytes ?? "").toString();
    const removes = builder.powerOff === "guest" ? sourceText(builder.name) : build;
    expect(removes).toContain("sudo -n sh /run/kimg/finish.sh");
  });

  it.each(builders)("$name: every secret is a variable without a value that Packer does not print", ({ variables }) => {
    for (const { name, default: initial, sensitive } of variables) {
      if (!/password|secret|token/.test(name)) continue;
      expect([name, initial, sensitive]).toEqual([name, null, true]);
    }
  });
});

const buildText = (files: FileTree): string => {
  const { role, image } = smallRequest;
  const request = { ...smallRequest, role: { ...role, files }, image: { ...image, files } };
  const tree = renderDirectory({ request, builder: qemu, form: "hcl2", builders: "plugins", sandboxImage: "" });
  return Buffer.from(tree.get("build.pkr.hcl")?.bytes ?? "").toString();
};

it("uploads no folder that is not there", () => {
  expect(buildText(smallImage.files)).toContain('"${path.root}/files"');
  expect(buildText(new Map())).not.toContain("/files");
});

describe("packer.source of an image.yaml", () => {
  const image = {
    ...smallImage,
    packer: {
      source: {
        qemu: { memory: 4096, disk_cache: "unsafe" },
        hcloud: {
          image: "debian-13",
          location: "nbg1",
          server_type: "cx23",
          ssh_username: "root",
          rescue: { on: true },
        },
      },
      plugins: { hcloud: { source: "github.com/hetznercloud/hcloud", version: ">= 1.6.0" } },
    },
  };

  it("takes the place of our fields", () => {
    const text = Buffer.from(
      smallDirectory(qemu, "hcl2", "plugins", image).get("source.pkr.hcl")?.bytes ?? "",
    ).toString();
    expect(text).toMatch(/^ {2}memory +=\s4096$/m);
    expect(text).toContain('disk_cache           = "unsafe"');
  });

  it("is the whole source of a builder that is not ours; only Packer knows which of its maps are blocks", async () => {
    const { findBuilder } = await import("../src/engines/packer/pass-through.ts");
    const builder = findBuilder(image, "hcloud");
    expect(findBuilder(image, "nothing")).toBeUndefined();
    const tree = smallDirectory(builder ?? qemu, "hcl2", "plugins", image);
    const source = JSON.parse(Buffer.from(tree.get("source.pkr.json")?.bytes ?? "").toString()) as Record<
      string,
      unknown
    >;
    expect(source["source"]).toEqual({ hcloud: { kimg: image.packer.source.hcloud } });
    expect(Buffer.from(tree.get("plugins.pkr.hcl")?.bytes ?? "").toString()).toContain("hetznercloud");
    expect(Buffer.from(tree.get("build.pkr.hcl")?.bytes ?? "").toString()).toContain("KIMG_BUILD_USER=${build.User}");
  });
});
