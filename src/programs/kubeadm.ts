// The words of `kubeadm config validate` about one document (1.34 to 1.37). Pure.
import type { Path } from "../diagnostic.ts";
import type { JsonValue } from "../model.ts";
import { type Said, onePerPlace, pathIn } from "./said.ts";

/** k8s.io/apimachinery, pkg/util/validation/field/errors.go: what follows the field's path. */
const kinds =
  "Not found|Required value|Duplicate value|Invalid value|Unsupported value|Forbidden|Too long|Too many|Too few|Internal error|Invalid type";
const fieldError = new RegExp(String.raw`(?:^|, )([\w.[\]-]+): (?=${kinds})`);

const unknownFields = (document: JsonValue, text: string): readonly Said[] =>
  [...text.matchAll(/unknown field "([^"]+)"/g)].map(([message, path = ""]) => ({
    path: pathIn(document, path),
    message,
    at: "key",
  }));

/** Go names the type that holds the field before the field's path, which has no indices. */
const wrongType = (document: JsonValue, text: string): readonly Said[] => {
  const [, given, path, wanted] =
    /json: cannot unmarshal (\S+) into Go struct field \w+\.(\S+) of type (\S+)/.exec(text) ?? [];
  return path === undefined ? [] : [{ path: pathIn(document, path), message: `${given} where it takes ${wanted}` }];
};

const invalidFields = (document: JsonValue, text: string): readonly Said[] => {
  const [, ...parts] = text.replace(/^\[(.*)\]$/s, "$1").split(fieldError);
  return parts.flatMap((path, index) =>
    index % 2 === 0 ? [{ path: pathIn(document, path), message: parts[index + 1] ?? "" }] : [],
  );
};

const textOf = (output: string): string =>
  /^error: ([^]*?)(?:\nTo see the stack trace|\s*$(?![^]))/m.exec(output)?.[1]?.trim() ?? output.trim();

/** Whether it knows the field at the path, whatever it says of the value there. */
export const knowsField = (document: JsonValue, path: Path, output: string): boolean =>
  unknownFields(document, textOf(output)).every((said) => JSON.stringify(said.path) !== JSON.stringify(path));

/** What it said when it refused, one or more; what is said in words that are not known stands at the document's root. */
export const kubeadmSaid = (document: JsonValue, output: string): readonly Said[] => {
  const text = textOf(output);
  for (const read of [unknownFields, wrongType, invalidFields]) {
    const said = read(document, text);
    if (said.length > 0) return onePerPlace(said);
  }
  return onePerPlace([{ path: [], message: text }]);
};
