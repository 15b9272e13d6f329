import { describe, expect, it } from "vitest";
import { hcl2Text } from "./hcl2.ts";
import { jsonFormText } from "./json-form.ts";
import { type Attributes, type Block, expression, nested, template } from "./template.ts";

const block = (attributes: Attributes): Block => ({ type: "source", labels: ["null", "kimg"], attributes, blocks: [] });

const attributes: Attributes = {
  text: 'a "b" \\ ${not} %{if}\n',
  filled: template('x-${var.y}-"z"'),
  computed: expression("var.z"),
  list: ["a", 1],
  left_out: undefined,
  map: { short: "1", "with blank": expression("local.a") },
  after: null,
  inner: nested({ a: 1 }, { a: 2 }),
};

const step = (type: string): Block => ({ type: "provisioner", labels: [type], attributes: {}, blocks: [] });

describe("hcl2Text", () => {
  it("escapes what would begin an expression, and keeps columns as packer fmt does", () => {
    expect(hcl2Text("about", [block(attributes)])).toBe(`# about

source "null" "kimg" {
  text     = "a \\"b\\" \\\\ $\${not} %%{if}\\n"
  filled   = "x-\${var.y}-\\"z\\""
  computed = var.z
  list     = ["a", 1]

  map = {
    short        = "1"
    "with blank" = local.a
  }

  after = null

  inner {
    a = 1
  }

  inner {
    a = 2
  }
}
`);
  });
});

describe("jsonFormText", () => {
  it("says the same", () => {
    const [source] = [JSON.parse(jsonFormText("about", [block(attributes)])) as { source: unknown }];
    expect(source).toEqual({
      "//": "about",
      source: {
        null: {
          kimg: {
            text: 'a "b" \\ $${not} %%{if}\n',
            filled: 'x-${var.y}-"z"',
            computed: "${var.z}",
            list: ["a", 1],
            map: { short: "1", "with blank": "${local.a}" },
            after: null,
            inner: [{ a: 1 }, { a: 2 }],
          },
        },
      },
    });
  });

  it("keeps blocks of one type in their order, and a variable's type as a keyword", () => {
    const build: Block = {
      type: "build",
      labels: [],
      attributes: {},
      blocks: [step("shell"), step("file"), step("shell")],
    };
    const variable: Block = {
      type: "variable",
      labels: ["v"],
      attributes: { type: expression("list(string)") },
      blocks: [],
    };
    expect(JSON.parse(jsonFormText("about", [build, variable]))).toEqual({
      "//": "about",
      build: { provisioner: [{ shell: {} }, { file: {} }, { shell: {} }] },
      variable: { v: { type: "list(string)" } },
    });
  });
});
