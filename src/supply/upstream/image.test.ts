import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Pages, withUpstreamServer } from "../../../tests/support/upstream-server.ts";
import { publishImage } from "../../../tests/support/upstream-server-content.ts";
import { refusal, slow, take, withWorld } from "../../../tests/support/upstream-server-world.ts";
import { refreshArchive } from "../../tools/archive.ts";

describe("container images", slow, () => {
  const name = "registry.k8s.io/pause:3.10.2";
  const wanted = { images: ["pause"] };

  it("are copied for one architecture, byte for byte", async () => {
    const pages: Pages = new Map();
    const { manifest, layers } = await publishImage(pages, name);
    await withWorld(pages, async (world) => {
      const { scratch } = world;
      const { images } = await take(world, wanted);
      expect(images[0]?.descriptor.digest).toBe(manifest);
      const folder = join(images[0]?.folder ?? "", "blobs/sha256");
      expect(await scratch.io.files.list(folder)).toHaveLength(4);
      for (const layer of layers) {
        expect(await readFile(join(folder, layer.replace(/.*:/, "")))).toEqual(pages.get(layer));
      }
    });
  });

  it("are had with a token where the registry wants one, which no other host sees", async () => {
    const pages: Pages = new Map();
    const {
      layers: [layer = ""],
    } = await publishImage(pages, name);
    const elsewhere: Pages = new Map([["storage/blob", pages.get(layer) ?? new Uint8Array()]]);
    await withUpstreamServer(elsewhere, (storage) =>
      withWorld(pages, async (world) => {
        const { server } = world;
        server.wantTokens.add("registry.k8s.io");
        server.always.set(layer, { kind: "redirect", to: `${storage.url}/storage/blob` });
        expect((await take(world, wanted)).images).toHaveLength(1);
        expect(server.requests).toContain("registry.k8s.io/token");
        expect(storage.requests).toEqual(["storage/blob"]);
        expect(storage.authorizations).toEqual([undefined]);
      }),
    );
  });

  it("are refused when the registry wants credentials", async () => {
    const pages: Pages = new Map();
    await publishImage(pages, name);
    await withWorld(pages, async (world) => {
      const { server } = world;
      server.always.set("registry.k8s.io/v2/pause/manifests/3.10.2", { kind: "status", status: 401 });
      await expect(take(world, wanted)).rejects.toMatchObject({
        details: { tail: expect.stringContaining("credentials") },
      });
    });
  });

  it("are refused when a layer was changed", async () => {
    const pages: Pages = new Map();
    const { layers } = await publishImage(pages, name);
    const changed = Buffer.from(pages.get(layers[1] ?? "") ?? "");
    changed[3] = 255;
    pages.set(layers[1] ?? "", changed);
    const { doing, details } = await refusal(pages, wanted);
    expect(doing).toBe(`checking https://${layers[1]}`);
    expect(details.tail).toContain("expected sha256:");
  });

  it("are refused when the manifest is not the one that the index names", async () => {
    const pages: Pages = new Map();
    const { manifest } = await publishImage(pages, name);
    pages.set(`registry.k8s.io/v2/pause/manifests/${manifest}`, Buffer.from("{}"));
    expect((await refusal(pages, wanted)).doing).toBe(`checking ${name}`);
  });

  it("are refused when the tag is not the pinned digest", async () => {
    const pages: Pages = new Map();
    await publishImage(pages, name);
    const pinned = `sha256:${"1".repeat(64)}`;
    pages.set(`registry.k8s.io/v2/pause/manifests/${pinned}`, Buffer.from('{"manifests":[]}'));
    const { doing, details } = await refusal(pages, { ...wanted, digests: { [name]: pinned } });
    expect(doing).toBe(`checking ${name}`);
    expect(details.tail).toContain(pinned);
  });

  it("name the tags that there are when there is not the one wanted", async () => {
    const pages: Pages = new Map();
    pages.set(
      "registry.k8s.io/v2/pause/tags/list",
      Buffer.from('{"tags":["2.0","3.10","3.10.1","3.9","sha256-1.sig"]}'),
    );
    const { doing, details } = await refusal(pages, wanted);
    expect(doing).toBe("choosing registry.k8s.io/pause:3.10.2");
    expect(details.tail).toBe("there is no such image; it has 3.10, 3.10.1");
  });

  it("mean what they meant at the first asking, until a refresh", async () => {
    const pages: Pages = new Map();
    const first = await publishImage(pages, name);
    await withWorld(pages, async (world) => {
      const { scratch, server } = world;
      await take(world, wanted);
      const moved: Pages = new Map();
      const second = await publishImage(moved, "registry.k8s.io/moved:3.10.2");
      for (const [page, content] of moved) server.pages.set(page.replace("/moved/", "/pause/"), content);
      expect((await take(world, wanted)).lock[0]?.source).toBe(`registry.k8s.io/pause@${first.index}`);
      await refreshArchive(scratch.io, scratch.cache);
      expect((await take(world, wanted)).lock[0]?.source).toBe(`registry.k8s.io/pause@${second.index}`);
    });
  });
});
