// A directory that Packer builds one image from: the template, and beside it all that it uploads but the supply. Pure: the same request
// gives the same bytes, and nothing of it is secret.
import { imageName } from "../../manifest.ts";
import type { BuildRequest, FileEntry, FileTree } from "../../model.ts";
import { mergeTrees } from "../disk/file-tree-archive.ts";
import { type Builder, optional, type SourceContext } from "./builders/builder.ts";
import type { DirectoryRequest } from "./directory-request.ts";
import { keyFiles } from "./key.ts";
import { needsJsonForm, withOwnFields } from "./pass-through.ts";
import { postProcessors, provisioners, provisioningFiles } from "./provisioning.ts";
import { readme, supplyReadme } from "./readme.ts";
import { hcl2Text } from "./template/hcl2.ts";
import { jsonFormText } from "./template/json-form.ts";
import { expression, type Template, templateFiles, type Variable } from "./template/template.ts";

/** Of an image by one builder: its folder's name. */
export const directoryName = (request: BuildRequest, builder: Pick<Builder, "name">): string =>
  `${imageName(request)}-${builder.name}`;

const commonVariables = (request: BuildRequest): readonly Variable[] => [
  optional("image_name", "What the image is called.", imageName(request)),
  optional("work_directory", "Folder for what the build makes: its key, logs, and the image where it is a file.", "."),
  { ...optional("debian_mirror", "Takes the place of http://deb.debian.org while building.", ""), sensitive: true },
  { ...optional("http_proxy", "Proxy that the machine reaches Debian's archive through.", ""), sensitive: true },
  optional("upgrade_packages", "Whether packages of the base are brought up to date.", true),
  optional("ssh_timeout", "How long the machine may take to come up.", "20m"),
];

/** All that a template asks for. */
export const templateVariables = ({
  request,
  builder,
}: Pick<DirectoryRequest, "request" | "builder">): readonly Variable[] => [
  ...builder.variables,
  ...commonVariables(request),
];

/** Names in catalogs are taken once: each build has its own. */
const uniqueName = expression('"${var.image_name}-${formatdate("YYYYMMDDhhmmss", timestamp())}"');

const usesUniqueName = (template: Template): boolean => JSON.stringify(template.source).includes("local.unique_name");

const templateOf = (asked: DirectoryRequest): Template => {
  const { request, builder, sandboxImage } = asked;
  const context: SourceContext = { image: request.image, builders: asked.builders };
  const attributes = withOwnFields(builder.source(context), request.image, builder.name);
  const template: Template = {
    name: request.role.name,
    description: `${imageName(request)} by ${builder.name}, rendered by kimg: change the role or the image, not this file.`,
    plugins: asked.builders === "bundled" ? [] : [builder.plugin],
    variables: templateVariables(asked),
    locals: {},
    source: { type: builder.name, attributes },
    provisioners: provisioners(request, builder, attributes, sandboxImage),
    postProcessors,
  };
  return usesUniqueName(template) ? { ...template, locals: { unique_name: uniqueName } } : template;
};

const text = (content: string): FileEntry => ({ mode: 0o644, bytes: Buffer.from(content) });

/** Relative paths; `supply/` holds no more than its README. */
export const renderDirectory = (asked: DirectoryRequest): FileTree => {
  const { request, builder, form } = asked;
  const whole = templateOf(asked);
  const files = [...templateFiles(whole)].map(([name, blocks]): readonly [string, FileEntry] => {
    const asJson = form === "json" || (name === "source" && needsJsonForm(request.image, builder.name));
    return asJson
      ? [`${name}.pkr.json`, text(jsonFormText(whole.description, blocks))]
      : [`${name}.pkr.hcl`, text(hcl2Text(whole.description, blocks))];
  });
  return mergeTrees(
    new Map(files),
    provisioningFiles(request),
    keyFiles(builder, request.image),
    new Map([
      ["README.md", text(readme(asked))],
      ["supply/README.md", text(supplyReadme(request))],
    ]),
  );
};
