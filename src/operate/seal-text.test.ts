import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { DiagnosticError } from "../diagnostic.ts";
import { sealText } from "./seal-text.ts";

const sealed = (text: string): string => sealText(text, "cluster.yaml");

describe("sealing a cluster.yaml", () => {
  it.each([
    [
      "a line below the name's",
      "# ours\nversion: 1\nname: prod # the one\n\nnodes:   [ ]  # none\n",
      "# ours\nversion: 1\nname: prod # the one\nclusterState: existing\n\nnodes:   [ ]  # none\n",
    ],
    [
      "the value that is there, with its comment",
      "clusterState:   new   # until it stands\nname: prod\n",
      "clusterState:   existing   # until it stands\nname: prod\n",
    ],
    ["a value in quotes", 'name: "prod"\nclusterState: "new"\n', 'name: "prod"\nclusterState: existing\n'],
    [
      "a text without a line break at its end",
      "version: 1\nname: prod",
      "version: 1\nname: prod\nclusterState: existing\n",
    ],
    ["line ends of Windows", "version: 1\r\nname: prod\r\n", "version: 1\r\nname: prod\r\nclusterState: existing\r\n"],
    ["keys that do not start at the margin", "---\n  version: 1\n  name: prod\n  nodes: []\n", undefined],
    ["a map in braces", "{ version: 1, name: prod }\n", "{ clusterState: existing, version: 1, name: prod }\n"],
    ["braces over lines", "# one\n{\n  version: 1,\n  name: prod\n}\n", undefined],
    ["a name over two lines", "name:\n  prod\nversion: 1\n", "name:\n  prod\nclusterState: existing\nversion: 1\n"],
    ["a name in a block", "name: >-\n  prod\n\nversion: 1\n", undefined],
    ["an alias", "values: &state new\nclusterState: *state\nname: prod\n", undefined],
    ["an anchor", "clusterState: &state new\nname: prod\nother: 1\n", undefined],
    ["the end of a document", "name: prod\n...\n", undefined],
  ])("changes nothing but: %s", (_what, text, expected) => {
    const result = sealed(text);
    if (expected !== undefined) expect(result).toBe(expected);
    expect(parse(result)).toEqual({ ...(parse(text) as object), clusterState: "existing" });
    expect(sealed(result)).toBe(result);
  });

  it("refuses where more would change, and says what to do", () => {
    const text = "clusterState: &state new\nname: prod\nimage: *state\n";
    const error = (() => {
      try {
        return sealed(text);
      } catch (reason) {
        return reason;
      }
    })();
    expect(error).toBeInstanceOf(DiagnosticError);
    expect((error as DiagnosticError).diagnostics).toMatchObject([{ code: "seal/cannot-edit" }]);
  });
});
