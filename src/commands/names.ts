// `kimg names`, for completion scripts: names that only cluster.yaml or the library knows. Says nothing of what is wrong with those.
import { codes } from "../codes/index.ts";
import { readConfig } from "../config/index.ts";
import { readText } from "../config/read-file.ts";
import { shippedFolder } from "../content.ts";
import type { Io } from "../edge/io.ts";
import { builderNames } from "../engines/packer/pass-through.ts";
import { topics } from "../help/topics.ts";
import type { NameKind } from "../help/completion/index.ts";
import { loadLibrary } from "../library/index.ts";

/** The cluster.yaml that was typed so far, or the one that is taken when none is. */
const clusterIn = (words: readonly string[]): string => words.find((word) => /\.ya?ml$/.test(word)) ?? "cluster.yaml";

const librariesIn = (words: readonly string[]): readonly string[] =>
  words.filter((_, index) => words[index - 1] === "--library");

const nodeNames = async (io: Io, words: readonly string[]): Promise<readonly string[]> => {
  const file = clusterIn(words);
  const { text } = await readText(io.files, file);
  const { config } = text === undefined ? {} : readConfig(text, file);
  return [...(config?.nodes ?? []), ...(config?.pools ?? [])].map(({ name }) => name);
};

export interface NamesOptions {
  readonly kind: NameKind;
  /** The command line so far. */
  readonly words: readonly string[];
  /** Those of kimg, which can be asked about. */
  readonly verbs: readonly string[];
}

/** A shell expands what it is offered as words (bash: `compgen -W`): a folder's name must not become a command. */
const isHarmless = (name: string): boolean => /^[\w./-]+$/.test(name);

const namesOf = async (io: Io, { kind, words, verbs }: NamesOptions): Promise<readonly string[]> => {
  if (kind === "nodes") return nodeNames(io, words);
  if (kind === "topics") return [...verbs, ...topics.map(({ name }) => name), ...Object.keys(codes)];
  const { library } = await loadLibrary(io, [shippedFolder, ...librariesIn(words)]);
  if (kind === "versions") return library.kubernetesVersions;
  if (kind === "builders") return [...new Set([...library.images.values()].flatMap(builderNames))].toSorted();
  return [...library[kind].keys()].toSorted();
};

/** One a line; nothing where nothing can be read. */
export const names = async (io: Io, options: NamesOptions): Promise<string> =>
  (await namesOf(io, options)).filter(isHarmless).join("\n");
