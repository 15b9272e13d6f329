// Plain values → YAML that readers of YAML 1.1 take as it is meant: cloud-init reads with PyYAML, Kubernetes with go-yaml. What is
// plain text in YAML 1.2 may be a number, a moment or a line break to them.
import { Document, Scalar, visit } from "yaml";
import type { JsonValue } from "../model.ts";
import { hasMarker } from "./jinja.ts";

/** Line breaks to YAML 1.1 or characters that it does not allow; the `yaml` library prints them as they are. */
const breaking = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;
const notInBlocks = /(?![\t\n])[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/u;
/**
 * `=` and `<<` have a meaning of their own; digits and signs may be a number to some reader, octal or of base 60; PyYAML takes no tab in
 * text without quotes.
 */
const readAsOther = /^(?:=|<<|[-+.]?[0-9][-+0-9a-fA-FxXoO_.:,]*)$|\t/;

const escape = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
};

const needsQuotes = (text: string): boolean =>
  notInBlocks.test(text) || (!text.includes("\n") && (readAsOther.test(text) || hasMarker(text)));

const printed = (document: Document): string => {
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === "string" && needsQuotes(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  const text = document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER });
  // Whatever is left of these stands in double quotes by now.
  return text.replaceAll(breaking, escape);
};

/** Keys keep their order; ends with a line break. */
export const toYaml = (value: JsonValue): string =>
  printed(new Document(value, { compat: "yaml-1.1", aliasDuplicateObjects: false }));

/** A stream of documents, as kubeadm and kubectl read them. */
export const toYamlStream = (values: readonly JsonValue[]): string => values.map(toYaml).join("---\n");
