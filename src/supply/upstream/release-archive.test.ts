import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { Pages } from "../../../tests/support/upstream-server.ts";
import {
  containerdPrograms,
  makeArchive,
  publishFile,
  sha256,
} from "../../../tests/support/upstream-server-content.ts";
import { refusal, slow, take, withWorld } from "../../../tests/support/upstream-server-world.ts";
import { listedSha256 } from "./release-archive.ts";

const archive = { url: "https://example.org/v1/runc.amd64", checksums: "https://example.org/v1/runc.sha256sum" };
const one = "1".repeat(64);
const two = "2".repeat(64);

describe("listedSha256", () => {
  it.each([`${two}  runc.arm64\n${one}  runc.amd64\n`, `${one} *runc.amd64`, `${one}  ./out/runc.amd64\r\n`])(
    "finds the file's line in %j",
    (list) => {
      expect(listedSha256(list, archive)).toBe(one);
    },
  );

  it.each([
    ["no digest", `${one}  runc.amd64.asc\n`],
    ["no digest", `${one.slice(1)}  runc.amd64\n`],
    ["no digest", "<html>runc.amd64</html>"],
    ["several digests", `${one}  runc.amd64\n${two}  runc.amd64\n`],
  ])("refuses a list that has %s", (what, list) => {
    expect(() => listedSha256(list, archive)).toThrow(`reading ${archive.checksums}`);
    expect(() => listedSha256(list, archive)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ tail: `it has ${what} for runc.amd64` }) }) as Error,
    );
  });
});

const containerd = "github.com/containerd/containerd/releases/download/v2.4.2";
const runc = "github.com/opencontainers/runc/releases/download/v1.5.2";

describe("a release archive", slow, () => {
  it("is refused when the list has another digest", async () => {
    const pages: Pages = new Map();
    publishFile(pages, `${runc}/runc.amd64`, `${runc}/runc.sha256sum`, Buffer.from("runc"));
    pages.set(`${runc}/runc.amd64`, Buffer.from("cnur"));
    const { doing, details } = await refusal(pages, { packages: ["runc"] });
    expect(doing).toBe(`checking https://${runc}/runc.amd64`);
    expect(details.tail).toContain(sha256("runc"));
  });

  it("is refused when the list does not name it", async () => {
    const pages: Pages = new Map([[`${runc}/runc.amd64`, Buffer.from("runc")]]);
    pages.set(`${runc}/runc.sha256sum`, Buffer.from(`${sha256("runc")}  runc.arm64\n`));
    const { doing, details } = await refusal(pages, { packages: ["runc"] });
    expect(doing).toBe(`reading https://${runc}/runc.sha256sum`);
    expect(details.tail).toBe("it has no digest for runc.amd64");
  });

  it("gives its programs to kimg's package, and nothing else of it", async () => {
    const pages: Pages = new Map();
    const page = `${containerd}/containerd-2.4.2-linux-amd64.tar.gz`;
    publishFile(pages, page, `${page}.sha256sum`, await makeArchive(containerdPrograms));
    await withWorld(pages, async (world) => {
      const { packages } = await take(world, { packages: ["containerd"] });
      const deb = await readFile(packages[0]?.path ?? "", "latin1");
      expect(deb).toContain("./usr/bin/containerd-shim-runc-v2");
      expect(deb).not.toContain("containerd-stress");
    });
  });
});
