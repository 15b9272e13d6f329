// Asks the user's own Packer about the sources that an image.yaml has fields for, in the directories that kimg writes. Must not know where
// a field stands.
import { join } from "node:path";
import { ToolError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import { builders } from "../engines/packer/builders/index.ts";
import { renderDirectory, templateVariables } from "../engines/packer/directory.ts";
import { findBuilder } from "../engines/packer/pass-through.ts";
import { findPacker, type PackerProgram } from "../engines/packer/program.ts";
import { checkTemplate } from "../engines/packer/run.ts";
import type { BuildRequest, Cluster, FileTree, Image } from "../model.ts";
import { fieldSaid, packerSaid } from "./packer.ts";
import { onePerPlace, type Said } from "./said.ts";

/** `packer.source.<builder>` of an image. */
export interface JudgedSource {
  readonly image: Image;
  readonly builder: string;
  readonly said: readonly Said[];
}

/** Why Packer could not be asked, and what helps. */
export interface NotAsked {
  readonly image: Image;
  readonly builder: string;
  readonly why: string;
  readonly hint: string | undefined;
}

export interface PackerAnswers {
  readonly judged: readonly JudgedSource[];
  readonly notAsked: readonly NotAsked[];
}

interface AskedSource {
  readonly request: BuildRequest;
  readonly name: string;
}

/** Each image once: its role has no part in a source. */
const sourcesOf = ({ nodes, kubernetes }: Cluster): readonly AskedSource[] => {
  const firsts = [...new Map(nodes.toReversed().map((node) => [node.image.name, node])).values()].toReversed();
  return firsts.flatMap(({ image, role }) =>
    Object.keys(image.packer?.source ?? {}).map((name) => ({
      name,
      request: { role, image, kubernetes, architecture: image.architectures[0] ?? "amd64", formats: [], epoch: 0 },
    })),
  );
};

const textsOf = (tree: FileTree): ReadonlyMap<string, string> =>
  new Map([...tree].map(([path, { bytes }]) => [path, Buffer.from(bytes).toString()]));

/** In place of what is given when an image is built: a file that is there, on every host. */
const stand = "/dev/null";

const validate = async (io: Io, packer: PackerProgram, { request, name }: AskedSource, directory: string) => {
  const builder = findBuilder(request.image, name);
  if (builder === undefined) return { texts: new Map<string, string>(), said: [] };
  const tree = renderDirectory({ request, builder, form: "hcl2", builders: packer.builders, sandboxImage: "" });
  for (const [path, { bytes, mode }] of tree) await io.files.write(join(directory, path), bytes, mode);
  const variables = templateVariables({ request, builder })
    .filter((variable) => variable.default === undefined && io.environment[`PKR_VAR_${variable.name}`] === undefined)
    .map((variable) => `${variable.name}=${stand}`);
  const output = await checkTemplate(io, { packer, builder, directory, variables, variableFiles: [] });
  return { texts: textsOf(tree), said: output === "" ? [] : packerSaid(output) };
};

/** What it says without the user's fields is none of theirs: values and credentials that a build would be given. */
const saidAnyway = async (io: Io, packer: PackerProgram, { request, name }: AskedSource, directory: string) => {
  if (!builders.some((builder) => builder.name === name)) return new Set<string>();
  const { packer: _, ...image } = request.image;
  const { said } = await validate(io, packer, { request: { ...request, image }, name }, directory);
  return new Set(said.map(({ message }) => message));
};

const judge = async (io: Io, packer: PackerProgram, asked: AskedSource, folder: string): Promise<readonly Said[]> => {
  const { texts, said } = await validate(io, packer, asked, join(folder, "own"));
  if (said.length === 0) return [];
  const anyway = await saidAnyway(io, packer, asked, join(folder, "ours"));
  const fields = asked.request.image.packer?.source[asked.name] ?? {};
  return onePerPlace(
    said.filter(({ message }) => !anyway.has(message)).flatMap((each) => fieldSaid(fields, texts, each) ?? []),
  );
};

const notAsked = ({ request, name }: AskedSource, error: unknown): NotAsked => {
  if (!(error instanceof ToolError)) throw error;
  const [first = ""] = (error.details.tail ?? "").trim().split("\n");
  const why = first === "" ? error.message : `${error.message}: ${first}`;
  return { image: request.image, builder: name, why, hint: error.details.hint };
};

/** Of the images that the cluster's nodes are made from. `folder`: private. Nothing is run where no image has such fields. */
export const judgeByPacker = async (io: Io, cluster: Cluster, folder: string): Promise<PackerAnswers> => {
  const sources = sourcesOf(cluster);
  const answers = { judged: [] as JudgedSource[], notAsked: [] as NotAsked[] };
  for (const [index, asked] of sources.entries()) {
    try {
      const packer = await findPacker(io);
      const place = join(folder, `packer-${index}`);
      const said = await io.progress.stage(`asking Packer ${packer.version}`, () => judge(io, packer, asked, place));
      answers.judged.push({ image: asked.request.image, builder: asked.name, said });
    } catch (error) {
      answers.notAsked.push(notAsked(asked, error));
    }
  }
  return answers;
};
