// The engine that builds in a machine: Packer, called with templates of ours. Owns the templates, the call, and what becomes of the
// result; must not know a cluster. A directory is rendered (directory.ts, pure), filled (supply.ts), and run (run.ts).
import { dirname, join } from "node:path";
import { z } from "zod";
import { ToolError } from "../../diagnostic.ts";
import type { Cache } from "../../edge/cache.ts";
import type { Io } from "../../edge/io.ts";
import { formats } from "../../formats/index.ts";
import { imageName } from "../../manifest.ts";
import type { Artifact, BuildRequest, LockEntry } from "../../model.ts";
import { withOrigins } from "../../tools/local-archive.ts";
import { parsePackageRecords } from "../../tools/package-records.ts";
import { sandboxed } from "../../tools/sandbox.ts";
import { type BuiltDisk, makeArtifact } from "../disk/index.ts";
import { cleanRun, type PackerRun, runBuild, workName } from "./run.ts";
import type { PackerSupply } from "./supply.ts";

/** https://developer.hashicorp.com/packer/docs/post-processors/manifest */
const manifestSchema = z.object({
  builds: z.array(
    z.object({
      artifact_id: z.string(),
      files: z.array(z.object({ name: z.string(), size: z.number() })).nullish(),
    }),
  ),
});

type MadeBuild = z.infer<typeof manifestSchema>["builds"][number];

const readManifest = async (io: Io, path: string): Promise<MadeBuild> => {
  const { builds } = manifestSchema.parse(JSON.parse(await io.files.readText(path)));
  const last = builds.at(-1);
  if (last === undefined) throw new ToolError("reading what Packer made", { tail: `${path} names no build` });
  return last;
};

/** Packer's disk in every format asked for, packed as the embedded engine's disks are. */
const packDisk = async (
  io: Io,
  tools: PackerSupply["tools"],
  request: BuildRequest,
  disk: string,
  folder: string,
): Promise<Artifact[]> => {
  const raw = join(folder, "disk.raw");
  const argv = ["qemu-img", "convert", "-O", "raw", "/disk", `/to/disk.raw`] as const;
  const binds = [
    { from: disk, to: "/disk" },
    { from: folder, to: "/to", writable: true },
  ];
  await io.processes.run(sandboxed(io, tools, { doing: "reading Packer's disk", argv, binds }));
  const artifacts: Artifact[] = [];
  for (const format of request.formats.map((name) => formats[name])) {
    const path = join(folder, `${imageName(request)}.${format.extension}`);
    await format.pack(io, tools, { disk: raw, archives: [] }, path);
    artifacts.push({ ...(await makeArtifact(io, request, format, folder)), path });
  }
  return artifacts;
};

const fileArtifact = async (io: Io, id: string, path: string, purpose: string): Promise<Artifact> => {
  const { sha256, size } = await io.files.sha256(path);
  return { id, kind: "packer", path, size, sha256, purpose };
};

/** Of a build whose result is a file of Packer's own, or stays with the platform. */
const otherArtifacts = async (io: Io, run: PackerRun, work: string, made: MadeBuild): Promise<Artifact[]> => {
  const { builder } = run;
  const files = builder.output === undefined ? [] : (made.files ?? []);
  if (files.length === 0) {
    const path = join(work, "packer-manifest.json");
    return [await fileArtifact(io, made.artifact_id, path, `names what ${builder.name} made: ${made.artifact_id}`)];
  }
  return Promise.all(
    files.map(({ name }) =>
      fileArtifact(io, name, join(work, "output", name), `${builder.purpose}; as Packer left it`),
    ),
  );
};

const readPackages = async (io: Io, work: string, { archives }: PackerSupply): Promise<LockEntry[]> => {
  const taken = parsePackageRecords(await io.files.readText(join(work, "packages.txt")));
  return archives === undefined ? taken : withOrigins(taken, archives.image);
};

/**
 * Runs Packer in a directory that has its template and its supply. `use` gets what was made; files that it does not take are gone
 * afterwards. Rejects with ToolError when Packer fails.
 */
export const buildWithPacker = async <T>(
  io: Io,
  cache: Cache,
  request: BuildRequest,
  supplied: PackerSupply,
  run: PackerRun,
  use: (built: BuiltDisk) => Promise<T>,
): Promise<T> => {
  const work = join(run.directory, workName);
  const release = await io.files.lock(
    join(cache.folder, "locks", `packer-${imageName(request)}-${run.builder.name}`),
    () => io.progress.note(`waiting for another kimg that builds in ${run.directory}`),
  );
  try {
    await runBuild(io, run);
    const made = await readManifest(io, join(work, "packer-manifest.json"));
    const lock = await readPackages(io, work, supplied);
    const disk = join(work, "output", made.files?.[0]?.name ?? "");
    const artifacts =
      run.builder.output === "qcow2"
        ? await io.progress.stage(`${request.role.name}: disk`, () =>
            packDisk(io, supplied.tools, request, disk, dirname(disk)),
          )
        : await otherArtifacts(io, run, work, made);
    const result = await use({ artifacts, lock });
    await cleanRun(io, run);
    return result;
  } finally {
    await release();
  }
};
