import { expect, test } from "vitest";
import type { LockEntry } from "../model.ts";
import { type LocalArchive, localSource, refuseMissing, withOrigins } from "./local-archive.ts";

const haproxy: LockEntry = {
  kind: "distribution-package",
  name: "haproxy",
  version: "3.0.11-1",
  source: "http://deb.debian.org/debian/pool/main/h/haproxy/haproxy_3.0.11-1_amd64.deb",
  sha256: "a".repeat(64),
};

const archive: LocalArchive = {
  folder: "/media/a disk/mirror/distribution",
  index: "images/debian-13",
  id: "1",
  packages: [haproxy],
  names: new Set(["haproxy"]),
};

test("apt's line names the folder as a URI, or where it is seen", () => {
  expect(localSource(archive)).toBe("deb [trusted=yes] copy:/media/a%20disk/mirror/distribution images/debian-13/");
  expect(localSource(archive, "/run/x")).toBe("deb [trusted=yes] copy:/run/x images/debian-13/");
});

test("says what it has no package for", () => {
  expect(() => refuseMissing(archive, ["haproxy"], "the role x")).not.toThrow();
  expect(() => refuseMissing(archive, ["haproxy", "nginx"], "the role x")).toThrow(
    expect.objectContaining({
      diagnostics: [
        expect.objectContaining({
          code: "mirror/missing",
          message: expect.stringContaining("no package nginx, which"),
        }),
      ],
    }),
  );
});

test("what apt took from the folder gets its origin back", () => {
  const taken = { ...haproxy, source: "copy:/run/x/pool/haproxy_3.0.11-1_amd64.deb" };
  expect(withOrigins([taken], archive)).toEqual([haproxy]);
});

test.each([{ sha256: "b".repeat(64) }, { version: "3.0.11-2" }, { name: "nginx" }])("refuses %o", (change) => {
  expect(() => withOrigins([{ ...haproxy, ...change }], archive)).toThrow(
    expect.objectContaining({ name: "ToolError", details: expect.objectContaining({ hint: expect.anything() }) }),
  );
});
