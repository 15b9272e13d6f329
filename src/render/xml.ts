// Elements → XML (https://www.w3.org/TR/xml/): the one place that knows its escapes.

export interface XmlElement {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly children?: readonly XmlElement[];
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  // A parser makes blanks of these in attributes (section 3.3.3).
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

const escaped = (text: string): string => text.replaceAll(/[&<>"\t\n\r]/g, (character) => escapes[character] ?? "");

const lines = ({ name, attributes = {}, children = [] }: XmlElement, indent: string): readonly string[] => {
  const tag = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${escaped(value)}"`)].join(" ");
  if (children.length === 0) return [`${indent}<${tag}/>`];
  return [`${indent}<${tag}>`, ...children.flatMap((child) => lines(child, `${indent}  `)), `${indent}</${name}>`];
};

/** The whole document, with its declaration. */
export const toXml = (root: XmlElement): string =>
  ['<?xml version="1.0" encoding="UTF-8"?>', ...lines(root, ""), ""].join("\n");
