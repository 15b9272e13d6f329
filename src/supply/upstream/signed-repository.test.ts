import { beforeAll, describe, expect, it } from "vitest";
import type { Pages } from "../../../tests/support/upstream-server.ts";
import {
  makeSigningKey,
  publishRepository,
  type SigningKey,
  signedText,
} from "../../../tests/support/upstream-server-content.ts";
import {
  kubelet,
  kubeletPage,
  refusal,
  repository,
  repositoryPages,
  slow,
  take,
  type Wanted,
  withWorld,
} from "../../../tests/support/upstream-server-world.ts";

let key: SigningKey;
let another: SigningKey;
let wanted: Wanted;

beforeAll(async () => {
  [key, another] = await Promise.all([makeSigningKey(), makeSigningKey()]);
  wanted = { packages: ["kubelet"], signedBy: key.fingerprint };
});

describe("the signed repository", slow, () => {
  it("is refused when its index was changed after it was signed", async () => {
    const pages = await repositoryPages(key);
    const text = Buffer.from(pages.get(`${repository}InRelease`) ?? "").toString();
    pages.set(`${repository}InRelease`, Buffer.from(text.replace("Origin: obs", "Origin: abc")));
    const { doing, details } = await refusal(pages, wanted);
    expect(doing).toBe(`verifying https://${repository}InRelease`);
    expect(details.tail).toMatch(/signature|digest/i);
  });

  it("is refused when another key signed it", async () => {
    const pages = await repositoryPages(key);
    pages.set(`${repository}InRelease`, Buffer.from(await signedText("SHA256:\n", another)));
    expect((await refusal(pages, wanted)).doing).toBe(`verifying https://${repository}InRelease`);
  });

  it("is refused when nobody signed it", async () => {
    const pages = await repositoryPages(key);
    pages.set(`${repository}InRelease`, Buffer.from("SHA256:\n"));
    expect((await refusal(pages, wanted)).doing).toBe(`verifying https://${repository}InRelease`);
  });

  it("counts only what is inside of the signature", async () => {
    const pages = await repositoryPages(key);
    const text = Buffer.from(pages.get(`${repository}InRelease`) ?? "").toString();
    pages.set(`${repository}InRelease`, Buffer.from(`SHA256:\n ${"0".repeat(64)} 1 Packages\n\n${text}`));
    await withWorld(pages, async (world) => {
      expect((await take(world, wanted)).packages).toHaveLength(1);
    });
  });

  it("is refused when Release.key holds another key than the pinned one", async () => {
    const pages: Pages = new Map();
    await publishRepository(pages, { place: repository, key: another, packages: [kubelet] });
    const { doing, details } = await refusal(pages, wanted);
    expect(doing).toBe(`verifying https://${repository}Release.key`);
    expect(details.tail).toContain(key.fingerprint);
    expect(details.tail).toContain(another.fingerprint);
  });

  it("is refused when Release.key holds a second key", async () => {
    const pages = await repositoryPages(key);
    pages.set(`${repository}Release.key`, Buffer.from(key.publicKey + another.publicKey));
    expect((await refusal(pages, wanted)).doing).toBe(`verifying https://${repository}Release.key`);
  });

  it("is refused when its key has expired, and the way out is named", async () => {
    const day = 86_400;
    const old = await makeSigningKey(new Date(Date.now() - 10 * day * 1000), 5 * day);
    const pages: Pages = new Map();
    const signedAt = new Date(Date.now() - 8 * day * 1000);
    await publishRepository(pages, { place: repository, key: old, packages: [kubelet], signedAt });
    const { details } = await refusal(pages, { ...wanted, signedBy: old.fingerprint });
    expect(details.tail).toContain("the key expired on");
    expect(details.hint).toContain("--from modules");
  });

  it("is refused when Packages is not the one signed for", async () => {
    const pages = await repositoryPages(key);
    pages.set(`${repository}Packages`, Buffer.from("Package: kubelet\nVersion: 1.37.2-1.1\n"));
    const { doing, details } = await refusal(pages, wanted);
    expect(doing).toBe(`checking https://${repository}Packages`);
    expect(details.tail).toMatch(/expected sha256:[0-9a-f]{64}\nbut got {2}sha256:[0-9a-f]{64}/);
  });

  it("does not yield a package that was changed", async () => {
    const pages = await repositoryPages(key);
    const changed = Buffer.from(pages.get(kubeletPage) ?? "");
    changed[0] = 0;
    pages.set(kubeletPage, changed);
    expect((await refusal(pages, wanted)).doing).toBe(`checking https://${kubeletPage}`);
  });

  it("names the versions that it has when it has not the one wanted", async () => {
    const others = ["1.37.0-1.1", "1.37.1-1.1", "1.37.20-1.1"].map((version) => ({ ...kubelet, version }));
    const pages = await repositoryPages(key, [...others, { ...kubelet, architecture: "arm64" }]);
    const { doing, details } = await refusal(pages, wanted);
    expect(doing).toBe(`choosing kubelet 1.37.2 for amd64 in https://${repository}`);
    expect(details.tail).toBe("it has 1.37.0-1.1, 1.37.1-1.1, 1.37.20-1.1");
  });
});
