// How long a worker image takes once its supply is there: cold and warm, each with its ratio to a lower bound in the same run, a bare
// mmdebstrap of the very same distribution packages into a tar. Needs what ./quickstart installs.
// Run: npx tsx bench/build.ts [rounds]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { cacheFolder, openCache } from "../src/edge/cache.ts";
import { startProgress } from "../src/edge/progress.ts";
import { systemIo } from "../src/edge/system-io.ts";
import { readLibrary } from "../src/commands/check.ts";
import { type BuildRequest, defaultSupply } from "../src/model.ts";
import { buildImage } from "../src/pipeline.ts";
import { throughMirror } from "../src/tools/archive.ts";
import { warmCache } from "../tests/support/warm-cache.ts";

const rounds = Number(process.argv[2] ?? 1);
const goal = 1.15;

const io = systemIo(startProgress("lines"), new AbortController().signal);
const library = await readLibrary(io, []);
const role = library.roles.get("worker");
const image = library.images.get("debian-13");
if (role === undefined || image === undefined) throw new Error("the worker or Debian 13 is gone");

const request: BuildRequest = {
  ...{ role, image, formats: ["qcow2"], epoch: 1_735_689_600, architecture: "amd64" },
  kubernetes: { version: library.defaultKubernetesVersion, from: defaultSupply, mirror: undefined },
};

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const since = performance.now();
  await work();
  return (performance.now() - since) / 1000;
};

const buildIn = (cache: string, output: string): Promise<number> =>
  seconds(() => buildImage(io, openCache(io, cache), request, { output, locked: false }));

const bootstrap = (folder: string, packages: readonly string[]): Promise<number> =>
  seconds(() =>
    io.processes.run({
      doing: "measuring the lower bound",
      argv: [
        ...(["mmdebstrap", "--variant=apt", `--include=${packages.join(",")}`, image.suite] as const),
        ...[join(folder, "root.tar"), ...throughMirror(image.sources, io.environment)],
      ],
    }),
  );

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const measure = async (): Promise<{ cold: number; warm: number; bound: number }> => {
  const { folder, remove } = await warmCache();
  try {
    const bound = await bootstrap(folder, [...image.packages, ...role.packages]);
    const cold = await buildIn(folder, join(folder, "build"));
    const warm = await buildIn(folder, join(folder, "build"));
    return { cold, warm, bound };
  } finally {
    await remove();
  }
};

const warmUp = await mkdtemp(join(tmpdir(), "kimg-bench-"));
await buildIn(resolve(cacheFolder(io.environment)), warmUp);
await rm(warmUp, { recursive: true, force: true });

const results = [];
for (let round = 0; round < rounds; round += 1) results.push(await measure());
const cold = median(results.map((result) => result.cold));
const warm = median(results.map((result) => result.warm));
const bound = median(results.map((result) => result.bound));
console.log(`lower bound, mmdebstrap alone: ${bound.toFixed(1)} s`);
console.log(`image cold: ${cold.toFixed(1)} s, ratio ${(cold / bound).toFixed(2)} (goal ${goal})`);
console.log(`image warm: ${warm.toFixed(2)} s, ratio ${(warm / bound).toFixed(3)}`);
