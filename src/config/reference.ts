// The schema, and what kimg owns, as a page for people: docs/config.md. Pure; `npm run schema` writes it.
import { formatPath } from "../diagnostic.ts";
import type { JsonSchema } from "./json-schema.ts";
import { ownedArgumentTable, ownedFieldTable, ownedFolders } from "./rules/owned-fields.ts";

/** Written once for the top of the document; the same keys everywhere else mean the same. */
const passThroughKeys: ReadonlySet<string> = new Set("kubeadm kubelet kubeProxy containerd cloudConfig".split(" "));

const introduction = `# cluster.yaml

<!-- Written by \`npm run schema\` from src/config/schema.ts: edit that. -->

One file describes one cluster. \`kimg init\` writes one to start from; \`kimg check\` says what is wrong with it, all at once, with line and
column. Only \`version\` and \`name\` are always required; what is left out has the default given here. Wherever an address or a network
may be a list, two make a dual-stack cluster: one IPv4 and one IPv6, the primary first.

The file is YAML 1.2, at most 1 MiB. What YAML 1.1 (which cloud-init reads) takes for something else must be in quotes: \`yes\`, \`on\`,
\`0644\`.
`;

const passThroughWords = `
## Pass-through

\`kubeadm\`, \`kubelet\`, \`kubeProxy\`, \`containerd\` and \`cloudConfig\` take whatever those programs take. They can be written at the top of
the document, below \`roles.<role>\`, and in each node and pool, and are merged over kimg's own configuration in this order:
cluster, role, node. Maps are merged key by key; lists and scalars replace what was there; \`null\` removes it. Two kinds of list are
appended instead: work in \`cloudConfig\` (\`write_files\`, \`bootcmd\`, \`runcmd\`, \`packages\`, \`groups\`, \`users\`, \`ssh_authorized_keys\`, \`mounts\`),
and kubeadm's arguments and volumes (\`extraArgs\`, \`kubeletExtraArgs\`, \`extraVolumes\`, \`extraEnvs\`, \`certSANs\`).

What kimg must own is refused:

| field | why, or what to write |
|---|---|
`;

/** A long list of words is written once. */
const typeOfEither = (schemas: readonly JsonSchema[]): string => {
  const [first, second] = schemas.map(typeOf);
  const sameWords = schemas.length === 2 && schemas[0]?.enum !== undefined && second === `list of ${first}`;
  return sameWords ? `${first}, or a list of these` : schemas.map(typeOf).join(" or ");
};

const typeOf = (schema: JsonSchema): string => {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined)
    return schema.enum.map((value) => `\`${JSON.stringify(value).replaceAll('"', "")}\``).join(", ");
  if (schema.anyOf !== undefined) return typeOfEither(schema.anyOf);
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.type === "integer") return `number, ${schema.minimum} to ${schema.maximum}`;
  return { string: "text", object: "map", boolean: "true or false" }[schema.type ?? ""] ?? "any";
};

const defaultOf = (schema: JsonSchema, required: boolean): string => {
  if (required) return "required";
  const value = schema.default;
  const empty = value === undefined || JSON.stringify(value) === "{}" || JSON.stringify(value) === "[]";
  return empty ? "" : `\`${JSON.stringify(value).replaceAll('"', "")}\``;
};

const row = (key: string, schema: JsonSchema, required: boolean): string =>
  `| \`${key}\` | ${typeOf(schema)} | ${defaultOf(schema, required)} | ${schema.description ?? ""} |`;

/** The map that a property is or may be, or that the items or values of it are. */
const innerMap = (schema: JsonSchema): { readonly suffix: string; readonly map: JsonSchema } | undefined => {
  const branch = schema.anyOf?.find((each) => each.properties !== undefined);
  if (branch !== undefined) return { suffix: "", map: branch };
  if (schema.properties !== undefined) return { suffix: "", map: schema };
  if (schema.items?.properties !== undefined) return { suffix: "[]", map: schema.items };
  const values = schema.additionalProperties;
  return typeof values === "object" && values.properties !== undefined ? { suffix: ".<name>", map: values } : undefined;
};

const section = (title: string, map: JsonSchema, level: number): string => {
  const properties = Object.entries(map.properties ?? {});
  const shown = level === 1 ? properties : properties.filter(([key]) => !passThroughKeys.has(key));
  const rest = shown.length < properties.length ? "\nBeside these, [pass-through](#pass-through).\n" : "";
  const rows = shown.map(([key, schema]) => row(key, schema, map.required?.includes(key) ?? false));
  const table = rows.length === 0 ? "" : `\n| key | type | default | |\n|---|---|---|---|\n${rows.join("\n")}\n`;
  const below = shown.flatMap(([key, schema]) => {
    const inner = passThroughKeys.has(key) ? undefined : innerMap(schema);
    if (inner === undefined) return [];
    return [section(level === 1 ? `${key}${inner.suffix}` : `${title}.${key}${inner.suffix}`, inner.map, level + 1)];
  });
  const heading = level === 1 ? "" : `\n## ${title}\n\n${map.description ?? "By the role's name."}\n`;
  return `${heading}${table}${rest}${below.join("")}`;
};

const ownedRows = (): string => {
  const fields = ownedFieldTable.map(({ path, instead }) => `| \`${formatPath(path)}\` | ${instead} |\n`);
  const files = ownedFolders.map(
    (folder) => `| \`cloudConfig.write_files\` below \`${folder}\` | made by kimg and kubeadm |\n`,
  );
  const args = ownedArgumentTable.flatMap(({ path, names }) =>
    Object.entries(names).map(([name, instead]) => `| \`${formatPath(path)}\`: \`${name}\` | ${instead} |\n`),
  );
  return [...fields, ...args, ...files].join("");
};

/** docs/config.md, whole. */
export const configReference = (schema: JsonSchema): string =>
  `${introduction}${section("", schema, 1)}${passThroughWords}${ownedRows()}`;
