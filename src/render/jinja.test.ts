import { describe, expect, it } from "vitest";
import {
  fillMarkers,
  hasMarker,
  hasMetadata,
  markedPaths,
  metadataJson,
  metadataText,
  toJinja,
  toJsonText,
} from "./jinja.ts";

const metadata = { node: "cp1", endpoint: { host: "10.0.0.10", port: 6443 } };

/** What jinja does to a template of text and expressions, for expressions that are one literal or one lookup. */
const jinja = (template: string): string =>
  template.replaceAll(
    /\{\{ (?:'(\{)'|ds\.meta_data\.kimg\.([a-z_.]+)( \| tojson)?) \}\}/g,
    (_, brace?: string, path?: string, json?: string) => {
      if (brace !== undefined) return brace;
      return fillMarkers(json === undefined ? metadataText(path ?? "") : metadataJson(path ?? ""), metadata);
    },
  );

describe("escaping", () => {
  it.each([
    "{{ x }}",
    "{% raw %}",
    "{# c #}",
    "{{{ x }}}",
    "a{{b",
    "{",
    "{}",
    "}}",
    "{ {",
    "{{%",
    "{{{{",
    "{%-",
    "# {{",
    "",
  ])("%j comes out of jinja as it went in", (text) => {
    const template = toJinja(text);
    expect(template.replaceAll("{{ '{' }}", "")).not.toMatch(/\{[{%#]/);
    expect(jinja(template)).toBe(text);
  });

  it("keeps a brace apart from an expression that follows it", () => {
    const template = toJinja(`{${metadataText("node")}}`);
    expect(template).toBe("{{ '{' }}{{ ds.meta_data.kimg.node }}}");
    expect(jinja(template)).toBe("{cp1}");
  });
});

describe("markers", () => {
  it("become expressions for the node and values for people", () => {
    const text = `https://${metadataText("endpoint.host")}/ ${metadataJson("endpoint.port")}`;
    expect(toJinja(text)).toBe(
      "https://{{ ds.meta_data.kimg.endpoint.host }}/ {{ ds.meta_data.kimg.endpoint.port | tojson }}",
    );
    expect(fillMarkers(text, metadata)).toBe("https://10.0.0.10/ 6443");
    expect(jinja(toJinja(text))).toBe(fillMarkers(text, metadata));
  });

  it("stand without quotes when they are a whole value of JSON", () => {
    const text = toJsonText({ port: metadataJson("endpoint.port"), url: metadataText("endpoint.host") });
    expect(JSON.parse(fillMarkers(text, metadata))).toEqual({ port: 6443, url: "10.0.0.10" });
  });

  it("are found", () => {
    const text = `${metadataText("node")} ${metadataJson("token")} ${metadataText("node")}`;
    expect(markedPaths(text)).toEqual(["node", "token"]);
    expect(
      ["node", "token", "endpoint.port", "endpoint.x", "node.x"].map((path) => hasMetadata(metadata, path)),
    ).toEqual([...[true, false, true, false, false]]);
    expect([hasMarker(text), hasMarker("{{ node }}")]).toEqual([true, false]);
  });
});
