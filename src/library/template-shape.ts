// What a template may see, as a type that a check can walk before there is any value.

export type TemplateShape =
  /** Text, a number, true or false. */
  | "scalar"
  /** Anything below is allowed: the user's own values. */
  | "any"
  | { readonly list: TemplateShape }
  /** Keys that are not known beforehand, such as labels. */
  | { readonly map: TemplateShape }
  | { readonly fields: Readonly<Record<string, TemplateShape>> };

/** The shape one name deeper; undefined when there is no such name. */
export const shapeBelow = (shape: TemplateShape, name: string): TemplateShape | undefined => {
  if (shape === "any") return "any";
  if (shape === "scalar") return undefined;
  if ("fields" in shape) return Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
  if ("map" in shape) return shape.map;
  if (name === "length") return "scalar";
  return /^\d+$/.test(name) ? shape.list : undefined;
};

/** The names that can follow, as far as they are known. */
export const namesBelow = (shape: TemplateShape): readonly string[] => {
  if (shape === "any" || shape === "scalar" || "map" in shape) return [];
  return "fields" in shape ? Object.keys(shape.fields) : ["length"];
};

/** What `#each` gives one after the other; undefined when it cannot go over it. */
export const itemOf = (shape: TemplateShape): TemplateShape | undefined => {
  if (shape === "any") return "any";
  if (shape === "scalar") return undefined;
  if ("list" in shape) return shape.list;
  return "map" in shape ? shape.map : "any";
};
