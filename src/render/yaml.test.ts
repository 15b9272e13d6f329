import { describe, expect, it } from "vitest";
import { parseAllDocuments, parse } from "yaml";
import { metadataText } from "./jinja.ts";
import { toYaml, toYamlStream } from "./yaml.ts";

/** Scalars that some reader of YAML 1.1 takes for something other than text. */
const traps = [
  ...["yes", "No", "on", "OFF", "y", "N", "true", "null", "~", "", "=", "<<"],
  ...["0777", "0o17", "0x1F", "0b11", "1_000", "12:30:45", "190:20:30", "1e3", ".5", "1.", "+1", ".inf", ".NaN"],
  ...[
    "a\tb",
    "2001-01-01",
    "2001-12-14 21:59:43.10 -5",
    "- a",
    "? a",
    "# a",
    "a: b",
    "a #b",
    "@a",
    "`a",
    "*a",
    "&a",
    "!a",
    "%a",
  ],
];

describe("text", () => {
  it.each(traps)("%j is quoted", (text) => {
    expect(toYaml({ a: text })).toMatch(/^a: "/);
    expect(parse(toYaml({ a: text }), { version: "1.1" })).toEqual({ a: text });
  });

  it.each(["cp1", "/etc/x.yaml", "10m0s", "registry.k8s.io/pause:3.10", "a b", "sha256:00ff"])("%j is not", (text) => {
    expect(toYaml({ a: text })).toBe(`a: ${text}\n`);
  });

  it("of several lines is a block", () => {
    expect(toYaml({ a: "one\ntwo: {{ three }}\n" })).toBe("a: |\n  one\n  two: {{ three }}\n");
  });

  it.each(["a\u0085b", "a\u2028b\nc", "\ufeffa", "a\u007fb", "a\u0001\nb", "a\rb\nc"])(
    "%j is escaped, not printed as it is",
    (text) => {
      const printed = toYaml({ a: text });
      expect(printed).toMatch(/^a: "[\x20-\x7e]*"\n$/);
      expect(parse(printed)).toEqual({ a: text });
    },
  );

  it("that the instance will fill in is quoted, whatever it will be", () => {
    expect(toYaml({ a: metadataText("node") })).toBe(`a: "${metadataText("node")}"\n`);
  });

  it("is never folded", () => {
    const long = "word ".repeat(100).trim();
    expect(toYaml({ a: long })).toBe(`a: ${long}\n`);
  });
});

describe("structure", () => {
  it("keeps the order of keys, and writes out what occurs twice", () => {
    const shared = { x: 1 };
    expect(toYaml({ b: shared, a: shared, list: [], map: {} })).toBe("b:\n  x: 1\na:\n  x: 1\nlist: []\nmap: {}\n");
  });

  it("of a stream is one document after the other", () => {
    const documents = parseAllDocuments(toYamlStream([{ a: 1 }, { b: 2 }]));
    expect(documents.map((document) => document.toJS() as unknown)).toEqual([{ a: 1 }, { b: 2 }]);
  });
});
