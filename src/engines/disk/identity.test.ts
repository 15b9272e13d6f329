import { expect, test } from "vitest";
import { uuidFrom, volumeIdFrom } from "./identity.ts";

test("a name depends on the content and on what it names, and on nothing else", () => {
  expect(uuidFrom("a", "disk")).toBe(uuidFrom("a", "disk"));
  expect(uuidFrom("a", "disk")).not.toBe(uuidFrom("b", "disk"));
  expect(uuidFrom("a", "disk")).not.toBe(uuidFrom("a", "root"));
});

test("UUIDs are of version 8 and RFC 9562's variant", () => {
  for (const content of ["a", "b", "c", "d", "e"]) {
    expect(uuidFrom(content, "disk")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(volumeIdFrom(content, "esp")).toMatch(/^[0-9A-F]{8}$/);
  }
});
