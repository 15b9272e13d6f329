// `kimg build --engine packer`: the directories of `kimg packer`, and then the user's Packer in each of them.
import { basename, join, resolve } from "node:path";
import { mapLimited } from "../concurrency.ts";
import { DiagnosticError, UsageError } from "../diagnostic.ts";
import { type Cache, openUserCache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import { templateVariables } from "../engines/packer/directory.ts";
import { findPacker, type PackerProgram } from "../engines/packer/program.ts";
import { packerSupply } from "../engines/packer/supply.ts";
import type { Library } from "../model.ts";
import { type BuiltImage, buildImage, buildImageWithPacker } from "../pipeline.ts";
import { refreshArchive } from "../tools/archive.ts";
import { type BuildCommandOptions, epochOf, refuseUnfit, requests, wanted } from "./build.ts";
import { readLibrary } from "./check.ts";
import { type Job, jobsOf, writeDirectory } from "./packer.ts";

const refuse = ({ locked, format }: BuildCommandOptions): void => {
  if (locked === true) {
    throw new UsageError(
      "--locked is not for Packer",
      "a machine installs what Debian's archive has today; the embedded engine can",
    );
  }
  if (format.includes("tar")) {
    throw new UsageError(
      "Packer makes no tar",
      "a disk comes out of a machine; --engine disk makes the tar of a root file system",
    );
  }
};

const assigns = (text: string, name: string): boolean => new RegExp(`^[\\s{,]*"?${name}"?\\s*[=:]`, "m").test(text);

/** In any of the ways in which Packer is given a variable. */
const isGiven = async (io: Io, options: BuildCommandOptions, name: string): Promise<boolean> => {
  if (io.environment[`PKR_VAR_${name}`] !== undefined) return true;
  const texts = await Promise.all((options.varFile ?? []).map((file) => io.files.readText(file)));
  return [...(options.var ?? []), ...texts].some((text) => assigns(text, name));
};

/** The disk that a machine of QEMU starts from, if the user named none: kimg's own role for it, by the embedded engine. */
const baseVariables = async (
  io: Io,
  cache: Cache,
  { request, builder }: Job,
  options: BuildCommandOptions,
  library: Library,
): Promise<string[]> => {
  const role = library.roles.get("base");
  if (builder.name !== "qemu" || role === undefined || (await isGiven(io, options, "base_image"))) return [];
  const base = { ...request, role, formats: ["qcow2"] as const };
  const { folder, artifacts } = await buildImage(io, cache, base, {
    output: resolve(options.output, "images"),
    locked: false,
  });
  const [disk] = artifacts;
  return disk === undefined
    ? []
    : [`base_image=${join(folder, basename(disk.path))}`, `base_image_checksum=sha256:${disk.sha256}`];
};

/** Debian's archive is asked where kimg asks it. Not on the command line: an address may hold a password. */
const withMirror = (io: Io): Io => {
  const mirror = io.environment["KIMG_DEBIAN_MIRROR"];
  if (mirror === undefined || mirror === "" || io.environment["PKR_VAR_debian_mirror"] !== undefined) return io;
  return { ...io, environment: { ...io.environment, PKR_VAR_debian_mirror: mirror } };
};

const buildJob = async (
  io: Io,
  cache: Cache,
  packer: PackerProgram,
  job: Job,
  options: BuildCommandOptions,
): Promise<BuiltImage> => {
  const { request, builder, directory } = job;
  const supplied = await packerSupply(io, cache, request);
  const base = await baseVariables(io, cache, job, options, await readLibrary(io, options.library));
  await writeDirectory(io, job, { form: "hcl2", builders: packer.builders }, supplied);
  const run = {
    ...{ packer, builder, directory },
    variables: [...base, ...(options.var ?? [])],
    variableFiles: (options.varFile ?? []).map((file) => resolve(file)),
  };
  return buildImageWithPacker(io, cache, request, supplied, run, { output: resolve(options.output, "images") });
};

/** A command line is seen by everybody on the host, and is printed when it fails. */
const refuseSecrets = (jobs: readonly Job[], variables: readonly string[]): void => {
  const names = variables.map((variable) => variable.replace(/=.*/s, ""));
  const secret = jobs.flatMap((job) => templateVariables(job).filter(({ sensitive }) => sensitive === true));
  const said = [...new Set(secret.map(({ name }) => name))].filter((name) => names.includes(name));
  if (said.length === 0) return;
  throw new DiagnosticError(
    said.map((name) => ({
      severity: "error",
      code: "packer/secret-on-command-line",
      message: `${name} may be a secret, and a command line is seen by all`,
      hint: `set PKR_VAR_${name} in the environment, or write it into a file for --var-file`,
    })),
  );
};

const refuseMissingFiles = async (io: Io, files: readonly string[]): Promise<void> => {
  const statuses = await Promise.all(files.map((file) => io.files.status(file)));
  const missing = files.filter((_, index) => statuses[index] === undefined);
  if (missing.length === 0) return;
  throw new DiagnosticError(
    missing.map((file) => ({
      severity: "error",
      code: "packer/missing-file",
      message: `there is no ${file}`,
      hint: "--var-file takes a .pkrvars.hcl or .pkrvars.json",
    })),
  );
};

/** Builds every image with every builder, one after the other: a machine takes what the host has. */
export const buildAllWithPacker = async (io: Io, options: BuildCommandOptions): Promise<readonly BuiltImage[]> => {
  refuse(options);
  const asked = await wanted(io, options);
  refuseUnfit(asked.pairs);
  const jobs = jobsOf(requests(asked, options, epochOf(io.environment)), options.builder ?? [], options.output);
  refuseSecrets(jobs, options.var ?? []);
  await refuseMissingFiles(io, options.varFile ?? []);
  // Before anything slow: whether there is a Packer at all.
  const packer = await findPacker(io);
  const cache = openUserCache(io);
  if (options.refresh) await refreshArchive(io, cache);
  return mapLimited(jobs, 1, (job) => buildJob(withMirror(io), cache, packer, job, options));
};
