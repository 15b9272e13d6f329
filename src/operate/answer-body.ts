// What the body of an answer says: the API's and etcd's are JSON objects, and those of whoever stands in between are anything.
import type { Json, JsonValue } from "../model.ts";

export const isMap = (value: JsonValue | undefined): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Undefined when it is none. */
export const jsonObject = (body: string): Json | undefined => {
  try {
    const value = JSON.parse(body) as JsonValue;
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Both say why in a `message` (apimachinery, meta/v1 Status; grpc-gateway); others perhaps in a whole page. */
export const reasonOf = (body: string): string => {
  const message = jsonObject(body)?.["message"];
  return typeof message === "string" ? message : body.slice(0, 200);
};
