// `packer:` of an image.yaml: the user's own fields of a source, over ours, and sources of builders that kimg has none for.
import type { Image, Json, JsonValue } from "../../model.ts";
import type { Builder } from "./builders/builder.ts";
import { builders } from "./builders/index.ts";
import { type Attributes, template, type Value } from "./template/template.ts";

/** Texts may have `${…}` in them. */
const toValue = (value: JsonValue): Value => {
  if (typeof value === "string") return template(value);
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(toValue);
  return Object.fromEntries(Object.entries(value as Json).map(([key, each]) => [key, toValue(each)]));
};

const ownFields = (image: Image, name: string): Json => image.packer?.source[name] ?? {};

/** Ours with the user's fields in their place. */
export const withOwnFields = (attributes: Attributes, image: Image, name: string): Attributes => ({
  ...attributes,
  ...Object.fromEntries(Object.entries(ownFields(image, name)).map(([key, value]) => [key, toValue(value)])),
});

const isMap = (value: JsonValue): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

const hasMaps = (value: JsonValue): boolean =>
  isMap(value) || (Array.isArray(value) && (value as readonly JsonValue[]).some(isMap));

/** A map may be a map or a block: only Packer knows the builder, and its JSON form leaves it to it. */
export const needsJsonForm = (image: Image, name: string): boolean =>
  Object.values(ownFields(image, name)).some(hasMaps);

/** A builder that only the image.yaml knows. */
const ownBuilder = (image: Image, name: string): Builder => {
  const fields = ownFields(image, name);
  const plugin = image.packer?.plugins[name];
  return {
    name,
    purpose: "what the plugin makes",
    plugin: { name, source: plugin?.source ?? `github.com/hashicorp/${name}`, version: plugin?.version ?? ">= 1.0.0" },
    key: "platform",
    powerOff: fields["shutdown_command"] === undefined ? "platform" : "guest",
    packages: [],
    variables: [],
    credentials: "the plugin's own; variables of yours with PKR_VAR_…",
    environment: [],
    source: () => ({}),
  };
};

/** Names that `findBuilder` finds. */
export const builderNames = (image: Image | undefined): readonly string[] =>
  [...new Set([...builders.map(({ name }) => name), ...Object.keys(image?.packer?.source ?? {})])].toSorted();

export const findBuilder = (image: Image, name: string): Builder | undefined =>
  builders.find((builder) => builder.name === name) ??
  (image.packer?.source[name] === undefined ? undefined : ownBuilder(image, name));
