// The files that cluster.yaml names, read and judged. Beside read-file.ts the only part of this room that reads files.
import { posix } from "node:path";
import type { Diagnostic } from "../diagnostic.ts";
import type { Files } from "../edge/io.ts";
import { isUrl, manifestDiagnostics, namedManifests, type NamedManifest } from "./manifests.ts";
import { readText, type ReadText } from "./read-file.ts";
import type { Config } from "./schema.ts";

/** Bytes. The largest in use are those of operators with all their custom resource definitions, at about 2 MiB. */
const sizeLimit = 4 * 1024 * 1024;

export interface ReadManifests {
  /** Text by the path that is written in cluster.yaml. */
  readonly texts: ReadonlyMap<string, string>;
  /** Of the files' own text placed; others with the path of the key that names the file. */
  readonly diagnostics: readonly Diagnostic[];
}

const refused = ({ file, path }: NamedManifest): Diagnostic => ({
  severity: "error",
  code: "manifest/url",
  message: `${file} is an address on the network, not a file`,
  hint: "download it, look at it, and name the file: what is applied stays the same then",
  path,
});

const readOne = async (files: Files, folder: string, named: NamedManifest): Promise<ReadText> => {
  if (isUrl(named.file)) return { diagnostics: [refused(named)] };
  const file = posix.join(posix.isAbsolute(named.file) ? "/" : folder, named.file);
  const { text, diagnostics } = await readText(files, file, "paths are relative to the folder of this file", sizeLimit);
  const found = text === undefined ? diagnostics : manifestDiagnostics(text, file);
  const placed = found.map((each) => (each.location === undefined ? { ...each, path: named.path } : each));
  return { ...(text === undefined ? {} : { text }), diagnostics: placed };
};

/** `clusterFile`: path of the cluster.yaml that the config was read from. */
export const readManifests = async (files: Files, clusterFile: string, config: Config): Promise<ReadManifests> => {
  const texts = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  for (const named of namedManifests(config)) {
    if (texts.has(named.file)) continue;
    const read = await readOne(files, posix.dirname(clusterFile), named);
    diagnostics.push(...read.diagnostics);
    if (read.text !== undefined) texts.set(named.file, read.text);
  }
  return { texts, diagnostics };
};
