// What of a seed is jinja's and what is not. Values that the instance's meta-data brings travel through rendering as markers, made of
// characters that no configuration holds; everything else that jinja would read is escaped. cloud-init renders user-data as jinja
// when its first line is `## template: jinja` (https://docs.cloudinit.io/en/latest/explanation/instancedata.html).
import type { Json, JsonValue } from "../model.ts";

/** From Unicode's private use area. */
const open = "\uE000";
const close = "\uE001";
const marker = /\uE000(text|json):([a-z_.]+)\uE001/g;

/** Where the node finds its own values: kimg's part of the meta-data. */
const root = "ds.meta_data.kimg";

/** Stands for the value at a dotted path below `kimg:` in the meta-data, inside of a string. */
export const metadataText = (path: string): string => `${open}text:${path}${close}`;

/** Stands for a whole value, printed as JSON. Put it into an object as a string and print that with `toJsonText`. */
export const metadataJson = (path: string): string => `${open}json:${path}${close}`;

export const hasMarker = (text: string): boolean => text.includes(open);

/** JSON for people, in which a string that is a whole `metadataJson` marker stands without its quotes. */
export const toJsonText = (value: JsonValue): string =>
  `${JSON.stringify(value, undefined, 2).replaceAll(/"(\uE000json:[a-z_.]+\uE001)"/g, "$1")}\n`;

/** The template: markers as expressions, and everything else such that jinja gives it back as it is. */
export const toJinja = (text: string): string =>
  text
    .replaceAll(/\{(?=[{%#\uE000])/g, "{{ '{' }}")
    .replaceAll(
      marker,
      (_, form: string, path: string) => `{{ ${root}.${path}${form === "json" ? " | tojson" : ""} }}`,
    );

const lookUp = (metadata: Json, path: string): JsonValue | undefined => {
  let value: JsonValue | undefined = metadata;
  for (const key of path.split(".")) {
    value = typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json)[key] : undefined;
  }
  return value;
};

/** Paths that the text's markers name, each once. */
export const markedPaths = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(marker)].map((match) => match[2] ?? "")),
];

export const hasMetadata = (metadata: Json, path: string): boolean => lookUp(metadata, path) !== undefined;

/** The text as it will be on the node: markers replaced by what the meta-data's `kimg:` holds. */
export const fillMarkers = (text: string, metadata: Json): string =>
  text.replaceAll(marker, (_, form: string, path: string) => {
    const value = lookUp(metadata, path) ?? "";
    return form === "text" && typeof value === "string" ? value : JSON.stringify(value);
  });

/**
 * A statement that puts values where templates look for them, for datasources that bring them by another way. It stands in front of the
 * document; a name that a template sets comes before what cloud-init hands in, and of the statement itself nothing stays, not even its line
 * (cloudinit/templater.py: trim_blocks). `kimg`: an expression of jinja.
 */
export const metadataStatement = (kimg: string): string => `{% set ds = {"meta_data": {"kimg": ${kimg}}} %}\n`;

/** JSON is an expression of jinja but for `null`, which no meta-data has. */
export const metadataLiteral = (kimg: Json): string => JSON.stringify(kimg);
