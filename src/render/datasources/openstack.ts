// A server of OpenStack: the values are properties of the server, which its metadata service and its configuration drive hand on as
// `meta`. Properties are flat and text, so that a statement of jinja in the user-data gives them their shape back.
import type { Json, JsonValue } from "../../model.ts";
import { jsonBytes } from "../bytes.ts";
import type { Datasource, Seed, SeedFile } from "./datasource.ts";
import { inBase64, textAndCompressed } from "./platform-user-data.ts";

/** Bytes in base64: https://docs.openstack.org/nova/latest/user/metadata.html. */
const limit = 65_535;
/** Characters of a name or value of `metadata`: https://docs.openstack.org/api-ref/compute/. */
const propertyLimit = 255;

const isMap = (value: JsonValue): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

const asText = (value: JsonValue): string => (typeof value === "string" ? value : JSON.stringify(value));

/** `kimg_endpoint_host: 10.0.0.10` */
const properties = (map: Json, prefix = "kimg"): readonly (readonly [string, string])[] =>
  Object.entries(map).flatMap(([key, value]) =>
    isMap(value) ? properties(value, `${prefix}_${key}`) : [[`${prefix}_${key}`, asText(value)] as const],
  );

/** The expression that makes the map of its properties again. */
const shape = (map: Json, prefix = "kimg"): string => {
  const entries = Object.entries(map).map(([key, value]) => {
    const name = `${prefix}_${key}`;
    if (isMap(value)) return `"${key}": ${shape(value, name)}`;
    return `"${key}": ds.meta_data.meta.${name}${typeof value === "number" ? " | int" : ""}`;
  });
  return `{${entries.join(", ")}}`;
};

const longest = (all: readonly (readonly [string, string])[]): readonly [string, string] =>
  all.reduce((found, each) => (each[1].length > found[1].length ? each : found), ["", ""]);

const propertyFile = ({ kimg }: Seed): SeedFile => {
  const all = properties(kimg);
  const [name, value] = longest(all);
  const budget = { limit: propertyLimit, used: value.length, what: `the property ${name}`, compressed: false };
  return { path: "openstack/properties.json", bytes: jsonBytes(Object.fromEntries(all)), budget };
};

export const openstack: Datasource = {
  name: "openstack",
  files: (seed) => [
    propertyFile(seed),
    ...textAndCompressed(seed, seed.userDataSetting(shape(seed.kimg)), {
      path: "openstack/user-data",
      limit,
      what: "user-data in base64",
      counted: inBase64,
      compressed: "gz",
    }),
  ],
};
