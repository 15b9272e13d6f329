import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Scratch, withScratch } from "../../tests/support/scratch.ts";
import { DiagnosticError, ToolError } from "../diagnostic.ts";
import type { BuildRequest, LockEntry } from "../model.ts";
import { buildDeb } from "./deb.ts";
import { lockedArchive } from "./locked-archive.ts";

const request = (packages: readonly string[]): BuildRequest =>
  ({
    image: { name: "debian-13", suite: "trixie", packages: ["haproxy"] },
    role: { name: "own", packages },
    epoch: 1_700_000_000,
  }) as unknown as BuildRequest;

/** What a lock says of a package of the archive; apt fetches `copy:` as it fetches `http:`. */
const publish = async ({ io, folder }: Scratch, name: string, version: string): Promise<LockEntry> => {
  const pool = join(folder, "archive");
  await io.files.makeFolder(pool);
  const words = { summary: "s", homepage: "h", depends: [], recommends: [], configuration: [] };
  const content = { name, version, architecture: "amd64", ...words, tree: new Map() } as const;
  const { fileName, sha256 } = await buildDeb(io, content, pool, 1_700_000_000);
  return { kind: "distribution-package", name, version, source: `copy:${join(pool, fileName)}`, sha256 };
};

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("the archive of a lock", () => {
  it("has the locked versions, whatever else there is by now", () =>
    withScratch(async (scratch) => {
      const locked = await publish(scratch, "haproxy", "3.0.1-1");
      await publish(scratch, "haproxy", "3.0.2-1");
      const archive = await lockedArchive(scratch.io, scratch.cache, request([]), [locked]);
      const index = await scratch.io.files.readText(join(archive.folder, archive.index, "Packages"));
      expect(index.match(/^Version: .*$/gm)).toEqual(["Version: 3.0.1-1"]);
      expect(archive.packages).toEqual([locked]);
    }));

  it("is fetched from the user's own copy of Debian's archive", () =>
    withScratch(async (scratch) => {
      const locked = await publish(scratch, "haproxy", "3.0.1-1");
      const usual = { ...locked, source: locked.source.replace(/^copy:.*\/archive/, "http://deb.debian.org/archive") };
      const environment = { ...scratch.io.environment, KIMG_DEBIAN_MIRROR: `copy:${scratch.folder}` };
      const archive = await lockedArchive({ ...scratch.io, environment }, scratch.cache, request([]), [usual]);
      expect(archive.packages).toEqual([usual]);
    }));

  it("is fetched once", () =>
    withScratch(async (scratch) => {
      const locked = await publish(scratch, "haproxy", "3.0.1-1");
      const first = await lockedArchive(scratch.io, scratch.cache, request([]), [locked]);
      await rm(join(scratch.folder, "archive"), { recursive: true });
      expect(await lockedArchive(scratch.io, scratch.cache, request([]), [locked])).toEqual(first);
    }));

  it("says which package is not to be had any more", () =>
    withScratch(async (scratch) => {
      const locked = await publish(scratch, "haproxy", "3.0.1-1");
      await rm(join(scratch.folder, "archive"), { recursive: true });
      const failure = await failureOf(lockedArchive(scratch.io, scratch.cache, request([]), [locked]));
      expect(failure).toBeInstanceOf(ToolError);
      const { details } = failure as ToolError;
      expect(details.tail).toContain("haproxy_3.0.1-1_amd64.deb");
      expect(details.hint).toContain("build without --locked");
    }));

  it("is refused where the file is of another version than the lock says", () =>
    withScratch(async (scratch) => {
      const locked = await publish(scratch, "haproxy", "3.0.1-1");
      const lying = [{ ...locked, version: "3.0.2-1" }];
      const failure = await failureOf(lockedArchive(scratch.io, scratch.cache, request([]), lying));
      expect(failure).toBeInstanceOf(DiagnosticError);
      expect((failure as DiagnosticError).message).toBe(
        "distribution-package haproxy is locked at 3.0.2-1, but this build has 3.0.1-1",
      );
    }));

  it("is refused where a role has come to need more", () =>
    withScratch(async (scratch) => {
      const locked = await publish(scratch, "haproxy", "3.0.1-1");
      const failure = await failureOf(lockedArchive(scratch.io, scratch.cache, request(["lvm2"]), [locked]));
      expect(failure).toMatchObject({
        diagnostics: [{ code: "lock/extra", message: "not locked, but needed by debian-13 or own: lvm2" }],
      });
    }));
});
