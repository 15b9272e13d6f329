import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Path } from "../diagnostic.ts";
import type { Source } from "./source.ts";
import { parseSource, place } from "./source.ts";

const text = `version: 1
defaults: &defaults
  role: worker # a comment
nodes:
  - name: "cp 1"
    labels: { a: b, "c d": e }
  - <<: *defaults
    name: w1
empty:
`;

const parsed = (yaml: string): Source => {
  const { source, diagnostics } = parseSource(yaml, "f.yaml");
  if (source === undefined) throw new Error(JSON.stringify(diagnostics));
  return source;
};

const source = parsed(text);

const underlined = (path: Path, at?: "key" | "value"): string => {
  const { line, column, length } = source.locate(path, at);
  return `${line}: ${text.split("\n")[line - 1]?.slice(column - 1, column - 1 + length)}`;
};

describe("locate", () => {
  it.each<[Path, "key" | "value", string]>([
    [["version"], "value", "1: 1"],
    [["version"], "key", "1: version"],
    [["nodes", 0, "name"], "value", '5: "cp 1"'],
    [["nodes", 0, "labels", "c d"], "key", '6: "c d"'],
    [["nodes", 0, "labels", "c d"], "value", "6: e"],
    [["nodes", 0, "labels", "x"], "value", '6: { a: b, "c d": e }'],
    [["nodes", 0], "value", '5: name: "cp 1"'],
    [["nodes", 1, "role"], "value", "3: worker"],
    [["nodes", 7, "name"], "value", '5: - name: "cp 1"'],
    [["empty"], "value", "9: empty"],
    [["empty", "deeper"], "value", "9: empty"],
    [["missing", "deeper"], "value", "1: version: 1"],
    [[], "value", "1: version: 1"],
  ])("%j, %s", (path, at, expected) => {
    expect(underlined(path, at)).toBe(expected);
  });

  it("counts characters, not bytes or UTF-16 units", () => {
    expect(parsed('a: { "😀é": x }\n').locate(["a", "😀é"]).column).toBe(12);
  });
});

describe("locateLine", () => {
  const block = parsed("a:\n  b: |\n    one\n\n      three\n  c: >\n    x\n    y\n  d: plain\n");

  it.each<[Path, number, number, number]>([
    [["a", "b"], 1, 3, 5],
    [["a", "b"], 2, 4, 1],
    [["a", "b"], 3, 5, 7],
    [["a", "b"], 4, 2, 6],
    [["a", "c"], 2, 6, 6],
    [["a", "d"], 1, 9, 6],
    [["a", "none"], 1, 2, 3],
  ])("%j, line %i", (path, wanted, line, column) => {
    expect(block.locateLine(path, wanted)).toMatchObject({ line, column });
  });
});

it("expands aliases and merge keys", () => {
  expect(source.value).toMatchObject({ nodes: [{}, { role: "worker", name: "w1" }] });
});

it("gives a scalar as it is written", () => {
  expect(source.written(["nodes", 0, "name"])).toBe('"cp 1"');
  expect(source.written(["nodes"])).toBeUndefined();
  expect(source.written(["nodes", 9])).toBeUndefined();
});

const at = (...path: Path) => ({ severity: "error", code: "file/missing", message: "", path }) as const;

it("places and sorts", () => {
  const placed = place(
    [at("nodes", 0, "labels"), { severity: "error", code: "file/directory", message: "" }, at("version")],
    source,
  );
  expect(placed.map(({ location }) => location?.line)).toEqual([undefined, 1, 6]);
});

it("leaves out the index of a list that is written as its item", () => {
  const where = parsed("address: 10.0.0.1\naddresses: [10.0.0.1]\n");
  const diagnostics = ["address", "addresses"].map(
    (key) => ({ severity: "error", code: "file/missing", message: "", path: [key, 0] }) as const,
  );
  expect(place(diagnostics, where).map(({ path }) => path)).toEqual([["address"], ["addresses", 0]]);
});

it("does not take __proto__ for a prototype", () => {
  const value = parsed("__proto__: { polluted: true }\n").value as Record<string, unknown>;
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

it.each([
  "a: &x { b: 1, c: [1, 2] }\nd: *x\ne: { <<: *x, b: 2 }\nf: { b: 3, <<: *x }\n",
  "a: &x { b: 1 }\nc: &y { b: 2, d: 3 }\ne: { <<: [*x, *y], f: 4 }\ng: { <<: { h: 1 }, h: 2 }\n",
  "- &x 1\n- *x\n- &x 2\n- *x\n- ~\n- 1.5\n- true\n- 'text'\n- |\n  block\n- !!str 5\n",
  "1: a\ntrue: b\n? c\n: d\ne:\n__proto__: { f: 1 }\n",
])("makes the same data as the parser itself: %j", (yaml) => {
  expect(parsed(yaml).value).toEqual(parse(yaml, { merge: true }));
});
