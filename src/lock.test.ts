import { describe, expect, it } from "vitest";
import { compareLocks, formatLock, parseLock } from "./lock.ts";
import type { LockEntry } from "./model.ts";

const entry = (name: string, version: string, sha256 = "00"): LockEntry => ({
  kind: "distribution-package",
  name,
  version,
  source: "deb.debian.org trixie main",
  sha256,
});

describe("kimg.lock", () => {
  it("reads what it wrote, sorted", () => {
    const text = formatLock([entry("b", "1"), entry("a", "2")]);
    expect(parseLock(text, "kimg.lock").map(({ name }) => name)).toEqual(["a", "b"]);
    expect(text).toBe(formatLock([entry("a", "2"), entry("b", "1")]));
  });

  it.each(["", "[]", '{"version": 1}', '{"entries": [{"name": "a"}]}'])("refuses %j", (text) => {
    expect(() => parseLock(text, "kimg.lock")).toThrow(/^kimg\.lock: /);
  });

  it("says nothing of two builds that are the same", () => {
    expect(compareLocks([entry("a", "1"), entry("b", "1")], [entry("b", "1"), entry("a", "1")])).toEqual([]);
  });

  it("names every difference", () => {
    const locked = [entry("gone", "1"), entry("moved", "1"), entry("rebuilt", "1", "aa")];
    const built = [entry("moved", "2"), entry("new", "1"), entry("rebuilt", "1", "bb")];
    expect(compareLocks(locked, built).map(({ code, message }) => `${code}: ${message}`)).toEqual([
      "lock/version: distribution-package moved is locked at 1, but this build has 2",
      "lock/digest: distribution-package rebuilt 1 has another digest than the locked one: bb, not aa",
      "lock/extra: in this build, but not locked: distribution-package new 1",
      "lock/missing: locked, but not in this build: distribution-package gone 1",
    ]);
  });
});
