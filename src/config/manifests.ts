// Manifests of the user: which files cluster.yaml names, and whether a file's text is one. Pure; read-manifests.ts reads the files. What is
// in the objects is for kubectl and the API server to judge: this says before any machine is on that there are some.
import { isMap, isScalar, parseAllDocuments } from "yaml";
import type { Document } from "yaml";
import type { CodeOf } from "../codes/index.ts";
import type { Diagnostic, Path } from "../diagnostic.ts";
import type { Config } from "./schema.ts";
import { isTooDeep } from "./source.ts";
import { syntaxDiagnostics } from "./syntax.ts";
import { locator, type Locate } from "./text.ts";

export interface NamedManifest {
  /** As it is written: absolute, or relative to the folder of cluster.yaml. */
  readonly file: string;
  /** Where it is written. */
  readonly path: Path;
}

/** The network plugin's first, then the user's, in their order. */
export const namedManifests = ({ network, manifests }: Config): readonly NamedManifest[] => [
  ...(typeof network.cni === "string" ? [] : [{ file: network.cni.manifest, path: ["network", "cni", "manifest"] }]),
  ...manifests.map((file, index) => ({ file, path: ["manifests", index] })),
];

/** kimg reads files, not addresses: what is applied to a cluster is what was looked at. */
export const isUrl = (file: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(file);

interface Read {
  readonly document: Document;
  readonly locate: Locate;
}

const complaint = ({ document, locate }: Read, code: CodeOf<"manifest">, message: string, hint: string): Diagnostic => {
  const [start = 0] = document.contents?.range ?? [];
  return { severity: "error", code: `manifest/${code}`, message, hint, location: locate(start) };
};

const textAt = (document: Document, path: readonly string[]): string | undefined => {
  const node: unknown = document.getIn(path, true);
  return isScalar(node) && typeof node.value === "string" && node.value !== "" ? node.value : undefined;
};

/** `name: {{ .Values.name }}` is a map in a map, to a reader of YAML. */
const isTemplate = (document: Document): boolean => isMap(document.getIn(["metadata", "name"], true));

/** As kubectl apply finds an object again: by apiVersion, kind and name. A List has no name. */
const objectDiagnostics = (read: Read): readonly Diagnostic[] => {
  const { document } = read;
  const kind = isMap(document.contents) ? textAt(document, ["kind"]) : undefined;
  if (kind === undefined || textAt(document, ["apiVersion"]) === undefined) {
    const message = "this is no Kubernetes object: it has no apiVersion and kind";
    return [complaint(read, "not-an-object", message, "a manifest is what `kubectl apply -f` takes")];
  }
  if (kind.endsWith("List") || textAt(document, ["metadata", "name"]) !== undefined) return [];
  const hint = isTemplate(document)
    ? "this seems to be a template: `helm template` or the like makes a manifest of it"
    : "kubectl apply needs the name of each object";
  return [complaint(read, "no-name", `this ${kind} has no metadata.name`, hint)];
};

const isEmpty = ({ contents }: Document): boolean =>
  contents === null || (isScalar(contents) && contents.value === null);

const tooDeep = (locate: Locate): Diagnostic => ({
  severity: "error",
  code: "yaml/too-deep",
  message: "lists or maps are nested too deeply to be read",
  location: locate(0),
});

const parse = (text: string): readonly Document[] | "too deep" => {
  if (isTooDeep(text)) return "too deep";
  try {
    const found = parseAllDocuments(text, { prettyErrors: false, uniqueKeys: false });
    return "empty" in found ? [] : found;
  } catch (error) {
    if (error instanceof RangeError) return "too deep";
    throw error;
  }
};

/** Everything that keeps `kubectl apply -f` from taking the text, placed in it; without a place when there is nothing to take. */
export const manifestDiagnostics = (text: string, file: string): readonly Diagnostic[] => {
  const locate = locator(file, text);
  const documents = parse(text);
  if (documents === "too deep") return [tooDeep(locate)];
  const broken = documents.find(({ errors }) => errors.length > 0);
  if (broken !== undefined) return syntaxDiagnostics(broken, text, locate);
  const filled = documents.filter((document) => !isEmpty(document));
  if (filled.length > 0) return filled.flatMap((document) => objectDiagnostics({ document, locate }));
  const message = `${file} holds no Kubernetes object`;
  return [
    { severity: "error", code: "manifest/empty", message, hint: "remove it from the list, or name the right file" },
  ];
};
