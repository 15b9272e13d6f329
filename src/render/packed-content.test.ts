import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Json } from "../model.ts";
import { metadataText } from "./jinja.ts";
import { packFile, unpackContent } from "./packed-content.ts";

const contentOf = (file: Json): string => (typeof file["content"] === "string" ? file["content"] : "");

const long = "name: {{ value }} – {% raw %}\r\n".repeat(1000);

describe("a long file", () => {
  it("travels compressed, byte for byte, and the same each time", () => {
    const packed = packFile({ path: "/a", content: long, permissions: "0600" });
    expect(packed).toMatchObject({ path: "/a", permissions: "0600", encoding: "gz+b64" });
    const content = contentOf(packed);
    expect(content.length).toBeLessThan(long.length / 10);
    expect(gunzipSync(Buffer.from(content, "base64")).toString()).toBe(long);
    expect(unpackContent(content, "gz+b64")).toBe(long);
    expect(packFile({ path: "/a", content: long, permissions: "0600" })).toEqual(packed);
  });

  it.each([
    ["short", { content: "a".repeat(16_384) }],
    ["encoded by its author", { content: long, encoding: "b64" }],
    ["to be filled in on the node", { content: long + metadataText("node") }],
    ["without content", { source: { uri: "file:///a" } }],
  ])("stays as it is when it is %s", (_, file) => {
    expect(packFile(file)).toBe(file);
  });
});

describe("what an encoding stands for", () => {
  const gzipped = contentOf(packFile({ content: long }));

  it.each([
    [Buffer.from("é").toString("base64"), "b64", "é"],
    [Buffer.from("é").toString("base64"), "base64", "é"],
    [gzipped, "gzip+base64", long],
    [gzipped, "GZ+B64", long],
    ["plain", "text/plain", "plain"],
    ["plain", undefined, "plain"],
    ["bm90IGd6aXA=", "gz+b64", "bm90IGd6aXA="],
    ["plain", "gz", "plain"],
  ])("%.20s as %s", (content, encoding, expected) => {
    expect(unpackContent(content, encoding)).toBe(expected);
  });
});
