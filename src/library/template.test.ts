import { describe, expect, it } from "vitest";
import { DiagnosticError } from "../diagnostic.ts";
import { metadataText } from "../render/jinja.ts";
import { checkTemplate } from "./template-check.ts";
import type { TemplateShape } from "./template-shape.ts";
import { fill, filledLines, fillYaml } from "./template.ts";

const context = {
  cluster: { name: "prod", masters: [{ name: "cp1" }, { name: "cp2" }], port: 6443, empty: [], nothing: null },
  node: { name: "w1", labels: { "example.org/rack": "r7" }, values: { a: [1, 2] } },
};

describe("fill", () => {
  it.each([
    ["no expression <&>", "no expression <&>"],
    ["{{cluster.name}}:{{cluster.port}}", "prod:6443"],
    ["{{#each cluster.masters}}{{name}}{{#unless @last}}, {{/unless}}{{/each}}", "cp1, cp2"],
    [
      "{{#each cluster.masters as |master i|}}{{i}}={{master.name}} of {{../node.name}};{{/each}}",
      "0=cp1 of w1;1=cp2 of w1;",
    ],
    ["{{#if cluster.empty}}a{{else if cluster.nothing}}b{{else}}c{{/if}}", "c"],
    ["{{#with node}}{{name}} {{@root.cluster.name}}{{/with}}", "w1 prod"],
    ['{{lookup node.labels "example.org/rack"}}|{{lookup node.labels "none"}}|', "r7||"],
    ["{{node.labels.[example.org/rack]}}", "r7"],
    ["{{json node.labels}}", '{"example.org/rack":"r7"}'],
    ["{{yaml node.values}}", "a:\n  - 1\n  - 2\n"],
    ['{{join node.values.a ", "}}', "1, 2"],
    ['{{#if (and (eq cluster.name "prod") (not cluster.nothing))}}yes{{/if}}', "yes"],
    ["{{#if (or cluster.empty cluster.nothing)}}yes{{else}}no{{/if}}", "no"],
    ['{{metadata "token"}}', metadataText("token")],
    ["a\\{{b}}", "a{{b}}"],
  ])("%s", (text, expected) => {
    expect(fill(text, context)).toBe(expected);
  });

  it("escapes nothing as HTML", () => {
    expect(fill("{{a}}", { a: `<"'&=>` })).toBe(`<"'&=>`);
  });

  it("says which value is missing, and where in the template's file", () => {
    let thrown: unknown;
    try {
      fill("a\nb {{node.labels.rack}}\n", context, "motd.hbs");
    } catch (error) {
      thrown = error;
    }
    const [diagnostic] = thrown instanceof DiagnosticError ? thrown.diagnostics : [];
    expect(diagnostic?.message).toBe("a template in motd.hbs reads rack, which is not there");
    expect(diagnostic?.location).toMatchObject({ file: "motd.hbs", line: 2 });
  });

  it("reaches no prototype", () => {
    expect(fill("{{node.constructor}}", context)).toBe("");
    expect(() => fillYaml("{{node.constructor}}", context)).toThrow(DiagnosticError);
    expect(fill('{{lookup node "constructor"}}', context)).toBe("");
  });
});

/** Each line of what is filled in, and behind it the line of the template that it is of. */
const numbered = (text: string): readonly string[] => {
  const numbers = filledLines(text, context);
  return fill(text, context)
    .split("\n")
    .map((line, index) => `${line} <${numbers[index]}`);
};

describe("filledLines", () => {
  it("counts each line of a text without expressions", () => {
    expect(numbered("a\nb\n\nc")).toEqual(["a <1", "b <2", " <3", "c <4"]);
  });

  it("knows that lines of nothing but a block leave none behind", () => {
    const text = `head
{{#each cluster.masters}}
  server {{name}}
  {{! nobody sees this }}
{{/each}}

{{#if cluster.empty}}
no
{{else}}
bind {{#if cluster.port}}:{{cluster.port}}{{else}}*{{/if}} v4
{{/if}}
tail
`;
    expect(numbered(text)).toEqual([
      ...["head <1", "  server cp1 <3", "  server cp2 <3", " <6", "bind :6443 v4 <10", "tail <12", " <13"],
    ]);
  });

  it("gives what one expression has made its own line, and goes on after it", () => {
    expect(numbered("{{#with node}}\n{{yaml values}}\n{{/with}}\nend")).toEqual([
      ...["a: <2", "  - 1 <2", "  - 2 <2", " <2", "end <4"],
    ]);
  });
});

describe("fillYaml", () => {
  it("gives the value itself for a text that is one path, and text for any other", () => {
    const value = {
      a: "{{cluster.port}}",
      b: "{{cluster.masters}}",
      c: "port {{cluster.port}}",
      d: [true, null, "{{node.name}}"],
    };
    expect(fillYaml(value, context)).toEqual({
      a: 6443,
      b: context.cluster.masters,
      c: "port 6443",
      d: [true, null, "w1"],
    });
  });

  it("leaves keys alone", () => {
    expect(fillYaml({ "{{node.name}}": 1 }, context)).toEqual({ "{{node.name}}": 1 });
  });

  it("says which value is missing", () => {
    expect(() => fillYaml("{{node.rack}}", context)).toThrow("reads node.rack, which is not there");
  });
});

describe("checkTemplate", () => {
  const shape: TemplateShape = {
    fields: {
      cluster: { fields: { name: "scalar", masters: { list: { fields: { name: "scalar" } } } } },
      node: { fields: { labels: { map: "scalar" }, values: "any" } },
    },
  };
  const messages = (text: string): readonly string[] => checkTemplate(text, shape).map(({ message }) => message);

  // Handlebars' strict mode passes over each of these.
  it.each([
    "{{#if cluster.nmae}}x{{/if}}",
    "{{#unless clster}}x{{/unless}}",
    "{{#each cluster.mastres}}x{{/each}}",
    "{{#with nod}}x{{/with}}",
    "{{#if cluster.name}}{{#each cluster.masters}}{{../nam}}{{/each}}{{/if}}",
    "{{#each cluster.masters}}{{else}}{{naem}}{{/each}}",
    "{{#if (eq cluster.nmae 1)}}x{{/if}}",
    '{{lookup cluster.mastres "x"}}',
  ])("finds the name in %s", (text) => {
    expect(messages(text)).toHaveLength(1);
    expect(checkTemplate(text, shape)[0]?.code).toBe("template/unknown-name");
  });

  it.each([
    "{{cluster.masters.length}} {{cluster.masters.[0].name}} {{lookup cluster.masters 1}}",
    "{{node.values.a.b.c}} {{#each node.values.list}}{{this}}{{x.y}}{{/each}}",
    "{{#each node.labels as |value key|}}{{key}}={{value}}{{@key}}{{@first}}{{/each}}",
    "{{#each cluster.masters}}{{this.name}}{{./name}}{{@root.cluster.name}}{{/each}}",
    "{{! a comment about {{nothing}} }}{{!-- {{cluster.nmae}} --}}",
    '{{#if true}}{{"text"}}{{/if}}'.replace('{{"text"}}', ""),
  ])("accepts %s", (text) => {
    expect(messages(text)).toEqual([]);
  });

  it("underlines the path", () => {
    const text = "line\n  {{#if cluster.nmae}}{{/if}}";
    const [found] = checkTemplate(text, shape);
    expect(text.slice(found?.start, found?.end)).toBe("cluster.nmae");
  });

  it("survives whatever is thrown at it", () => {
    const parts = [
      "{{",
      "}}",
      "#if ",
      "/if",
      "#each ",
      "else",
      "cluster",
      ".",
      "../",
      "@index",
      "(",
      ")",
      '"',
      "a=b",
      " ",
      "\n",
      "|x|",
      "[",
      "]",
      "!--",
      "~",
      "&",
      ">",
      "*",
    ];
    let seed = 1;
    const random = (): number => (seed = (seed * 48271) % 2147483647);
    for (let round = 0; round < 2000; round += 1) {
      const text = Array.from({ length: (random() % 12) + 1 }, () => parts[random() % parts.length]).join("");
      for (const { start, end } of checkTemplate(text, shape)) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(text.length);
      }
    }
  });
});
