// A Packer template as data: what HCL2 and its JSON form are both written from. Pure; knows the language's blocks
// (https://developer.hashicorp.com/packer/docs/templates/hcl_templates/blocks), not a builder and not an image.

/** Text of HCL that is taken as it is: `var.region`. */
export interface Expression {
  readonly expression: string;
}

/** A text with `${…}` in it. A plain string is taken literally. */
export interface TextTemplate {
  readonly template: string;
}

/** Blocks of HCL in the place of an attribute: `metadata_options { … }`. Several come one after the other. */
export interface Nested {
  readonly blocks: readonly Attributes[];
}

export type Value =
  | null
  | boolean
  | number
  | string
  | Expression
  | TextTemplate
  | readonly Value[]
  | { readonly [key: string]: Value };

/** In the order in which they are written; undefined ones are left out. */
export type Attributes = { readonly [name: string]: Value | Nested | undefined };

export const expression = (text: string): Expression => ({ expression: text });
export const template = (text: string): TextTemplate => ({ template: text });
export const nested = (...blocks: readonly Attributes[]): Nested => ({ blocks });

const hasKey = (value: unknown, key: string): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 1 && Object.hasOwn(value, key);

export const isExpression = (value: unknown): value is Expression => hasKey(value, "expression");
export const isTextTemplate = (value: unknown): value is TextTemplate => hasKey(value, "template");
export const isNested = (value: unknown): value is Nested => hasKey(value, "blocks");
export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

/** https://developer.hashicorp.com/packer/docs/templates/hcl_templates/variables */
export interface Variable {
  readonly name: string;
  readonly type: "string" | "number" | "bool" | "list(string)" | "map(string)";
  /** One line for people. */
  readonly description: string;
  /** Undefined: whoever runs Packer must give one. Null: the builder's own default, or its own environment. */
  readonly default?: Value;
  /** Packer then keeps it out of what it prints. */
  readonly sensitive?: boolean;
}

/** Where a plugin comes from; Packer's `required_plugins`. */
export interface Plugin {
  readonly name: string;
  /** Such as `github.com/hashicorp/qemu`. */
  readonly source: string;
  /** A constraint: `>= 1.1.0`. */
  readonly version: string;
}

export interface Source {
  /** The builder: `amazon-ebs`. */
  readonly type: string;
  readonly attributes: Attributes;
}

/** A provisioner or a post-processor. */
export interface Step {
  readonly type: "shell" | "file" | "manifest";
  /** What it is there for: a comment above it. */
  readonly why: string;
  readonly attributes: Attributes;
}

export interface Template {
  /** Of the build: Packer prints it in front of every line. */
  readonly name: string;
  /** One line on top of each file. */
  readonly description: string;
  readonly plugins: readonly Plugin[];
  readonly variables: readonly Variable[];
  readonly locals: Attributes;
  readonly source: Source;
  readonly provisioners: readonly Step[];
  readonly postProcessors: readonly Step[];
}

/** A block of the language: a type, labels, and what is in it. */
export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  readonly comment?: string;
  readonly attributes: Attributes;
  readonly blocks: readonly Block[];
}

/** Of the one source that a template of ours has. */
export const sourceName = "kimg";

const block = (
  type: string,
  labels: readonly string[],
  attributes: Attributes,
  blocks: readonly Block[] = [],
): Block => ({
  type,
  labels,
  attributes,
  blocks,
});

const variableBlock = ({ name, type, description, sensitive, default: initial }: Variable): Block =>
  block("variable", [name], {
    description,
    type: expression(type),
    ...(initial === undefined ? {} : { default: initial }),
    ...(sensitive === true ? { sensitive } : {}),
  });

const pluginsBlock = (plugins: readonly Plugin[]): Block => {
  const required = Object.fromEntries(plugins.map(({ name, source, version }) => [name, { source, version }]));
  return block("packer", [], {}, [block("required_plugins", [], required)]);
};

const stepBlock = (kind: "provisioner" | "post-processor", { type, why, attributes }: Step): Block => ({
  ...block(kind, [type], attributes),
  comment: why,
});

const buildBlock = ({ name, source, provisioners, postProcessors }: Template): Block =>
  block("build", [], { name, sources: [`source.${source.type}.${sourceName}`] }, [
    ...provisioners.map((step) => stepBlock("provisioner", step)),
    ...postProcessors.map((step) => stepBlock("post-processor", step)),
  ]);

/** The files of a template by their name before the extension: `source`, `build`, `variables` and, where there are plugins, `plugins`. */
export const templateFiles = (whole: Template): ReadonlyMap<string, readonly Block[]> => {
  const { source, variables, locals, plugins } = whole;
  const localsBlock = Object.keys(locals).length === 0 ? [] : [block("locals", [], locals)];
  return new Map([
    ["source", [block("source", [source.type, sourceName], source.attributes)]],
    ["build", [buildBlock(whole)]],
    ["variables", [...variables.map(variableBlock), ...localsBlock]],
    // Alone in its file: Packer before 1.7 has its builders inside and refuses this block.
    ...(plugins.length === 0 ? [] : [["plugins", [pluginsBlock(plugins)]] as const]),
  ]);
};
