// The container image of the pods that cases start: a busybox out of Debian's archive, packed as kimg packs its own images. It is no part
// of any machine's image, and brought to the machines as an operator without a registry would.
import { join } from "node:path";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import type { Io } from "../../src/edge/io.ts";
import { readCompiler } from "../../src/supply/components.ts";
import { blobPath, mediaTypes, writeImage, writeLayout } from "../../src/supply/oci-layout.ts";
import { type TarEntry, type TarTree, writeTar } from "../../src/supply/tar.ts";
import { toolsTree } from "../../src/tools/tools.ts";
import type { Lab } from "./lab.ts";

/** RFC 2606: nobody can be asked for it. */
export const testImage = "registry.invalid/busybox:lab";

/** busybox is each of these by the name that it is called by. */
const applets = ["sh", "awk", "hostname", "httpd", "mkdir", "wget"];

const packing = { epoch: 0, architecture: "amd64" } as const;

/** A program without libraries. Its path on the host. */
export const busybox = async (io: Io): Promise<string> => {
  const cache = openCache(io, cacheFolder(io.environment));
  const { suite } = await readCompiler(io);
  const { folder } = await toolsTree(io, cache, { suite, packages: ["busybox-static"] });
  return join(folder, "usr/bin/busybox");
};

const imageTree = async (io: Io): Promise<TarTree> => {
  const program = { kind: "disk", mode: 0o755, path: await busybox(io) } as const;
  const links = applets.map((name): [string, TarEntry] => [`bin/${name}`, { kind: "link", target: "busybox" }]);
  return new Map<string, TarEntry>([["bin/busybox", program], ...links]);
};

/** Path of a tar with an image layout. */
const archive = async ({ io, place }: Lab): Promise<string> => {
  const folder = place.path("test-image");
  await io.files.remove(folder);
  await io.files.makeFolder(join(folder, "layout/blobs/sha256"));
  const unfinished = join(folder, "layer.tar");
  const { sha256, size } = await writeTar(io, await imageTree(io), unfinished, packing);
  const layer = { mediaType: mediaTypes.layer, digest: `sha256:${sha256}`, size };
  const layout = join(folder, "layout");
  await io.files.rename(unfinished, blobPath(layout, layer.digest));
  const configuration = { ...packing, entrypoint: [], command: ["sh"], user: undefined, labels: {} };
  const descriptor = await writeImage(io, layout, configuration, [layer]);
  await writeLayout(io, layout, [{ name: testImage, descriptor }]);
  const tar = join(folder, "image.tar");
  const argv = ["tar", "--create", "--file", tar, "--directory", layout, "."] as const;
  await io.processes.run({ doing: "packing the test image", argv });
  return tar;
};

/** Brings the image to these machines. */
export const bringTestImage = async (lab: Lab, names: readonly string[]): Promise<void> => {
  const input = await lab.io.files.read(await archive(lab));
  const load = ["ctr", "--namespace=k8s.io", "images", "import", "-"];
  for (const name of names) await lab.machine(name).exec(load, { input, accept: [0] });
};
