// `from: modules`: the programs compiled from Go modules, packed under upstream's names. The straight line: compile, pack, note.
import { DiagnosticError } from "../diagnostic.ts";
import type { Cache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import type { LockEntry } from "../model.ts";
import type { Parts } from "./assembly.ts";
import { type BaseLayer, baseLayer } from "./base-layer.ts";
import { type CompiledProgram, compilePrograms } from "./compile.ts";
import type { Program } from "./components.ts";
import { mapLimited } from "../concurrency.ts";
import { splitReference } from "./image-reference.ts";
import { packImage, type PackingOptions, packPackage, type StoredImage, type StoredPackage } from "./packing.ts";
import type { ChosenComponent, ChosenImage, ChosenPackage, Selection } from "./selection.ts";

const atOnce = 2;

const programNames = ({ files }: ChosenPackage | ChosenImage): string[] =>
  Object.values(files).flatMap((content) => ("program" in content ? [content.program] : []));

/** The component's description of a program of one of its packages or images. */
const programOf = (component: ChosenComponent, name: string): Program => {
  const program = component.programs[name];
  if (program === undefined) throw new Error(`component ${component.name} describes no program ${name}`);
  return program;
};

type Compiled = ReadonlyMap<Program, CompiledProgram>;

const lookUp = (compiled: Compiled, component: ChosenComponent, name: string): CompiledProgram => {
  const found = compiled.get(programOf(component, name));
  if (found === undefined) throw new Error(`${name} was not compiled`);
  return found;
};

const sourcesOf = (compiled: Compiled, part: ChosenPackage | ChosenImage): string =>
  [...new Set(programNames(part).map((name) => lookUp(compiled, part.component, name).source))].join(", ");

const packageEntry = (compiled: Compiled, chosen: ChosenPackage, stored: StoredPackage): LockEntry => ({
  kind: "package",
  name: chosen.name,
  version: stored.version,
  source: sourcesOf(compiled, chosen),
  sha256: stored.sha256,
});

const imageEntry = (
  compiled: Compiled,
  chosen: ChosenImage,
  stored: StoredImage,
  base: BaseLayer | undefined,
): LockEntry => {
  const { repository, tag } = splitReference(chosen.name);
  const below = base === undefined ? "" : ` over ${base.source}`;
  const sha256 = stored.descriptor.digest.replace("sha256:", "");
  return {
    kind: "container-image",
    name: repository,
    version: tag,
    source: sourcesOf(compiled, chosen) + below,
    sha256,
  };
};

/** Debian's name of this machine's architecture, where it differs from Node's. */
const hostArchitecture = process.arch === "x64" ? "amd64" : process.arch;

const checkArchitecture = ({ architecture }: PackingOptions): void => {
  if (architecture === hostArchitecture) return;
  throw new DiagnosticError([
    {
      severity: "error",
      code: "supply/architecture",
      message: `modules are compiled for this machine's own architecture, ${hostArchitecture}, not for ${architecture}`,
      hint: `take --from upstream, or a mirror made on a machine of ${architecture}`,
    },
  ]);
};

/** Compiles and packs a selection. */
export const partsFromModules = async (
  io: Io,
  cache: Cache,
  selection: Selection,
  options: PackingOptions,
): Promise<Parts> => {
  checkArchitecture(options);
  const all = [...selection.packages, ...selection.images];
  const programs = all.flatMap((part) => programNames(part).map((name) => programOf(part.component, name)));
  const compiled = await compilePrograms(io, cache, programs);
  const packages = await mapLimited(selection.packages, atOnce, async (chosen) => {
    const find = (name: string) => lookUp(compiled, chosen.component, name);
    const stored = await packPackage(io, cache, chosen, find, options);
    return { stored, entry: packageEntry(compiled, chosen, stored) };
  });
  const images = await mapLimited(selection.images, atOnce, async (chosen) => {
    const find = (name: string) => lookUp(compiled, chosen.component, name);
    const base = chosen.base === undefined ? undefined : await baseLayer(io, cache, chosen.base, options.epoch);
    const stored = await packImage(io, cache, chosen, base, find, options);
    return { stored, entry: imageEntry(compiled, chosen, stored, base) };
  });
  return {
    packages: packages.map(({ stored }) => stored),
    images: images.map(({ stored }) => stored),
    lock: [...packages, ...images].map(({ entry }) => entry),
  };
};
