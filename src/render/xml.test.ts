import { expect, it } from "vitest";
import { toXml } from "./xml.ts";

it("escapes what XML would read as something else", () => {
  const text = toXml({
    name: "a",
    attributes: { "x:key": `<"&'>\n\t` },
    children: [{ name: "b" }, { name: "c", children: [{ name: "d" }] }],
  });
  expect(text.split("\n")).toEqual([
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<a x:key="&lt;&quot;&amp;'&gt;&#10;&#9;">`,
    "  <b/>",
    "  <c>",
    "    <d/>",
    "  </c>",
    "</a>",
    "",
  ]);
});
