// One node's role and values → its cloud-config, and the files that cloud-init will write from it. Everything that differs among
// machines of one role stays a marker (jinja.ts).
import { fill, fillYaml, type TemplateContext } from "../library/template.ts";
import type { Json, JsonValue, Node, Role } from "../model.ts";
import { mergeCloudConfig } from "../resolve/merge.ts";
import { toJinja } from "./jinja.ts";
import { packFile, unpackContent } from "./packed-content.ts";
import { nameFromMachine } from "./pool-name.ts";
import { toYaml } from "./yaml.ts";

const isMap = (value: JsonValue | undefined): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const listOf = (value: JsonValue | undefined): readonly JsonValue[] =>
  Array.isArray(value) ? (value as JsonValue[]) : [];

/** A map as content is a folder: a file for each name in it. */
const filesOf = (file: Json): readonly Json[] => {
  const { path, content = null } = file;
  if (!isMap(content) || typeof path !== "string") return [file];
  return Object.entries(content).map(([name, text]) => ({ ...file, path: `${path}/${name}`, content: text }));
};

/** `template: haproxy.cfg.hbs` becomes its filled text; a file without content is none: no VRRP, no settings. */
const writtenFile = (file: JsonValue, role: Role, context: TemplateContext): readonly JsonValue[] => {
  if (!isMap(file)) return [file];
  const { template, ...rest } = file;
  const text = typeof template === "string" ? role.sources.get(template) : undefined;
  const complete = text === undefined ? rest : { ...rest, content: fill(text, context) };
  return filesOf(complete)
    .filter(({ content = "none given" }) => content !== null && content !== "")
    .map(packFile);
};

interface RoleFile {
  /** Of the item of `write_files` in role.yaml. */
  readonly index: number;
  readonly file: JsonValue;
}

/** What the role's items of `write_files` come to: some to nothing, some to several. */
const roleFiles = (filled: Json, role: Role, context: TemplateContext): readonly RoleFile[] =>
  listOf(filled["write_files"]).flatMap((item, index) =>
    writtenFile(item, role, context).map((file) => ({ index, file })),
  );

/** The role's own part, filled; the user's over it. */
export const cloudConfigOf = (node: Node, context: TemplateContext): Json => {
  const filled = fillYaml(node.role.cloudConfig, context) as Json;
  const files = roleFiles(filled, node.role, context).map(({ file }) => file);
  const naming = node.pool ? { bootcmd: [nameFromMachine(node.name), ...listOf(filled["bootcmd"])] } : {};
  const ours = { ...filled, ...naming, ...(files.length === 0 ? {} : { write_files: files }) };
  return mergeCloudConfig(ours, node.passThrough.cloudConfig);
};

/** The kind of document and the document, as a template: see `userDataText`. */
export const userDataBody = (cloudConfig: Json): string => `#cloud-config\n${toJinja(toYaml(cloudConfig))}`;

/** cloud-init looks at the first line for the template language. `statement`: of jinja, one that leaves nothing behind. */
export const userDataText = (body: string, statement = ""): string => `## template: jinja\n${statement}${body}`;

/** A file as the node will have it. */
export interface NodeFile {
  /** Without a slash in front. */
  readonly path: string;
  readonly mode: number;
  readonly text: string;
}

/** cloud-init reads text as octal; a number is one already. */
const modeOf = (permissions: JsonValue | undefined): number => {
  if (typeof permissions === "number") return permissions;
  return typeof permissions === "string" && /^[0-7]{3,5}$/.test(permissions) ? Number.parseInt(permissions, 8) : 0o644;
};

/** `/etc//x/../y` → `etc/y`: never above where it is put. */
const relativePath = (path: string): string => {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
};

type WrittenFile = NodeFile & { readonly append: boolean };

const nodeFile = (file: JsonValue): readonly WrittenFile[] => {
  if (!isMap(file) || typeof file["path"] !== "string" || typeof file["content"] !== "string") return [];
  const text = unpackContent(file["content"], file["encoding"]);
  return [
    { path: relativePath(file["path"]), mode: modeOf(file["permissions"]), text, append: file["append"] === true },
  ];
};

/** What `write_files` leaves on the node, by path: a later one takes the place of an earlier, or is appended to it. */
export const nodeFiles = (cloudConfig: Json): readonly NodeFile[] => {
  const files = new Map<string, NodeFile>();
  for (const { append, ...file } of listOf(cloudConfig["write_files"]).flatMap(nodeFile)) {
    const before = append ? (files.get(file.path)?.text ?? "") : "";
    files.set(file.path, { ...file, text: before + file.text });
  }
  return [...files.values()];
};

/** An item of `write_files` that brings (a part of) a file: of role.yaml, or of the user's merged cloud-config. */
export interface FilePart {
  readonly by: "role" | "user";
  /** Of the role's list, or of the merged one. */
  readonly index: number;
  readonly text: string;
}

/** What the file at the path is made of, in its order. */
export const filePartsOf = (node: Node, context: TemplateContext, path: string): readonly FilePart[] => {
  const own = roleFiles(fillYaml(node.role.cloudConfig, context) as Json, node.role, context);
  const parts: FilePart[] = [];
  for (const [index, file] of listOf(cloudConfigOf(node, context)["write_files"]).entries()) {
    for (const written of nodeFile(file).filter((each) => each.path === path)) {
      if (!written.append) parts.length = 0;
      const role = own[index];
      parts.push({
        ...(role === undefined ? { by: "user", index } : { by: "role", index: role.index }),
        text: written.text,
      });
    }
  }
  return parts;
};
