// `kimg packer`: directories that Packer builds from, and nothing run. The command for who has a pipeline of their own, or wants to read.
import { join, relative, resolve } from "node:path";
import { mapLimited } from "../concurrency.ts";
import { type Diagnostic, DiagnosticError, UsageError } from "../diagnostic.ts";
import { didYouMean } from "../did-you-mean.ts";
import { type Cache, openUserCache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import type { Builder, BuilderSupply } from "../engines/packer/builders/builder.ts";
import { directoryName, renderDirectory } from "../engines/packer/directory.ts";
import { builderNames, findBuilder } from "../engines/packer/pass-through.ts";
import { builderSupplyOf } from "../engines/packer/program.ts";
import { type PackerSupply, packerSupply, sandboxImageOf, writeSupply } from "../engines/packer/supply.ts";
import type { BuildRequest, Image, TemplateForm } from "../model.ts";
import { type BuildCommandOptions, epochOf, type ImageOptions, refuseUnfit, requests, wanted } from "./build.ts";
import { writeTree } from "./write-tree.ts";

export interface PackerCommandOptions extends ImageOptions, Pick<BuildCommandOptions, "arch" | "output"> {
  readonly builder: readonly string[];
  readonly syntax: TemplateForm;
  /** Packer's, that the templates are for. */
  readonly packerVersion: string;
  readonly templateOnly?: boolean;
  readonly json?: boolean;
}

/** One directory to be. */
export interface Job {
  readonly request: BuildRequest;
  readonly builder: Builder;
  /** Absolute. */
  readonly directory: string;
}

const unknownBuilder = (image: Image, name: string): Diagnostic => {
  const known = builderNames(image);
  return {
    severity: "error",
    code: "packer/unknown-builder",
    message: `kimg knows no builder "${name}" of Packer${didYouMean(name, known)}`,
    hint: `known builders: ${known.join(", ")}; any other can have its source in the image's image.yaml, below packer.source`,
  };
};

/** Each image by each builder. Throws DiagnosticError for builders that nobody knows, UsageError when there is none. */
export const jobsOf = (asked: readonly BuildRequest[], names: readonly string[], output: string): readonly Job[] => {
  if (names.length === 0) {
    const known = builderNames(asked[0]?.image).join(", ");
    throw new UsageError("which builder of Packer?", `--builder NAME; known builders: ${known}`);
  }
  const pairs = asked.flatMap((request) => [...new Set(names)].map((name) => ({ request, name })));
  const found = pairs.map(({ request, name }) => ({ request, name, builder: findBuilder(request.image, name) }));
  const unknown = found.filter(({ builder }) => builder === undefined);
  const complaints = new Map(unknown.map(({ request, name }) => [name, unknownBuilder(request.image, name)]));
  if (complaints.size > 0) throw new DiagnosticError([...complaints.values()]);
  return found.flatMap(({ request, builder }) =>
    builder === undefined
      ? []
      : [{ request, builder, directory: resolve(output, "packer", directoryName(request, builder)) }],
  );
};

export interface Writing {
  readonly form: TemplateForm;
  readonly builders: BuilderSupply;
}

/** Writes the template, and what it uploads; a directory of an earlier call is brought up to date. */
export const writeDirectory = async (
  io: Io,
  { request, builder, directory }: Job,
  writing: Writing,
  supplied: PackerSupply | undefined,
): Promise<void> => {
  const sandboxImage = await sandboxImageOf(io, request);
  await writeTree(io, directory, renderDirectory({ request, builder, sandboxImage, ...writing }));
  if (supplied !== undefined) await writeSupply(io, directory, request, supplied);
};

const buildersFor = (version: string): BuilderSupply => {
  const found = /^\d+(\.\d+){0,2}$/.test(version) ? builderSupplyOf(version) : undefined;
  if (found !== undefined) return found;
  throw new UsageError(
    `--packer-version ${version} is no version that templates can be written for`,
    "give one from 1.6.6 on, such as 1.15.0",
  );
};

const describe = ({ request, builder, directory }: Job, templateOnly: boolean): string => {
  const place = relative(".", directory) || ".";
  const missing = templateOnly && request.role.components.length > 0 ? "; its supply/ was not filled" : "";
  return `${place}: ${builder.purpose}${missing}; read ${join(place, "README.md")}`;
};

const asJson = (jobs: readonly Job[], templateOnly: boolean): string =>
  JSON.stringify(
    jobs.map(({ request, builder, directory }) => ({
      ...{ directory, builder: builder.name, role: request.role.name, image: request.image.name },
      filled: !templateOnly || request.role.components.length === 0,
    })),
    undefined,
    2,
  );

const supplyOnce = (io: Io, cache: Cache): ((request: BuildRequest) => Promise<PackerSupply>) => {
  const made = new Map<BuildRequest, Promise<PackerSupply>>();
  return (request) => {
    const supplied = made.get(request) ?? packerSupply(io, cache, request);
    made.set(request, supplied);
    return supplied;
  };
};

export const packer = async (io: Io, options: PackerCommandOptions): Promise<string> => {
  const writing = { form: options.syntax, builders: buildersFor(options.packerVersion) };
  const asked = await wanted(io, options);
  refuseUnfit(asked.pairs);
  const jobs = jobsOf(
    requests(asked, { arch: options.arch, format: [] }, epochOf(io.environment)),
    options.builder,
    options.output,
  );
  const supplied = supplyOnce(io, openUserCache(io));
  await mapLimited(jobs, 1, async (job) =>
    writeDirectory(io, job, writing, options.templateOnly === true ? undefined : await supplied(job.request)),
  );
  const templateOnly = options.templateOnly === true;
  return options.json === true ? asJson(jobs, templateOnly) : jobs.map((job) => describe(job, templateOnly)).join("\n");
};
