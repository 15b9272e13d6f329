// Programs compiled from Go modules: static, and the same bytes from the same pins. Owns what a program's bytes depend on and
// where they are kept; must not know what a program is packed into.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type Cache, canonicalHash } from "../edge/cache.ts";
import type { Io, Stage } from "../edge/io.ts";
import type { JsonValue } from "../model.ts";
import { sandboxed } from "../tools/sandbox.ts";
import { type ToolsTree, toolsTree } from "../tools/tools.ts";
import { builtName, compilerCommand, compilerEnvironment, inside } from "./compiler-command.ts";
import { type Compiler, type Program, componentsFolder, readCompiler } from "./components.ts";
import { mapLimited } from "../concurrency.ts";

export interface CompiledProgram {
  /** Absolute path in the cache. */
  readonly path: string;
  /** Hash of everything that its bytes depend on. */
  readonly key: string;
  /** `k8s.io/kubernetes@v1.37.2 with go1.26.10`: for people and the lock. */
  readonly source: string;
}

interface Job {
  readonly program: Program;
  readonly input: JsonValue;
  readonly source: string;
}

type Jobs = readonly [Job, ...Job[]];

/** Raise it when the same input would come out otherwise. */
const recipe = 1;
const kind = "program";

const moduleFolder = ({ module }: Program): string => join(componentsFolder, "modules", module);

/** Every file of a pinned module's folder: go.mod says what goes in, go.sum that it is that; stubs are the only code of ours. */
const readPins = async (io: Io, folder: string): Promise<JsonValue> => {
  const entries = (await io.files.list(folder)).map(async (name) => {
    const path = join(folder, name);
    const isFolder = (await io.files.status(path))?.kind === "directory";
    return [name, isFolder ? await readPins(io, path) : await io.files.readText(path)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
};

/** The required module that holds a package: the one with the longest path that begins its import path. */
const moduleOf = (goMod: string, importPath: string): string => {
  const required = [...goMod.matchAll(/^(?:require )?\t?(\S+) (v\S+)/gm)].map(([, path = "", version = ""]) => ({
    path,
    version,
  }));
  const holders = required.filter(({ path }) => importPath === path || importPath.startsWith(`${path}/`));
  const [holder] = holders.toSorted((a, b) => b.path.length - a.path.length);
  return holder === undefined ? importPath : `${holder.path}@${holder.version}`;
};

const describeJob = async (
  io: Io,
  program: Program,
  compiler: Compiler,
  tree: () => Promise<ToolsTree>,
): Promise<Job> => {
  const goMod = await io.files.readText(join(moduleFolder(program), "go.mod"));
  const input = {
    recipe,
    program: program as unknown as JsonValue,
    pins: await readPins(io, moduleFolder(program)),
    toolchain: compiler.toolchain,
    // Go's own toolchain alone decides the bytes of the others; Debian's packages only start it.
    tree: program.cgo || program.c !== undefined ? (await tree()).id : null,
  };
  const holder = moduleOf(goMod, program.package ?? program.c?.module ?? "");
  return { program, input, source: `${holder} with ${program.c === undefined ? compiler.toolchain : "gcc"}` };
};

const keptProgram = (cache: Cache, job: Job): CompiledProgram => {
  const key = canonicalHash(job.input);
  return { path: join(cache.folder, kind, key, "program"), key, source: job.source };
};

/** The jobs in batches that one call of the compiler can do, so that what they share is compiled once. */
const toBatches = (jobs: readonly Job[]): Jobs[] => {
  const batches = new Map<string, [Job, ...Job[]]>();
  for (const job of jobs) {
    const { module, cgo, tags, stamp, c } = job.program;
    const key = canonicalHash({ module, cgo, tags, stamp, c: c?.source ?? null });
    const batch = batches.get(key);
    if (batch === undefined) batches.set(key, [job]);
    else batch.push(job);
  }
  return [...batches.values()];
};

/** Batches of one module follow each other: they lock the same folder. */
const byModule = (batches: readonly Jobs[]): Jobs[][] => {
  const modules = new Map<string, Jobs[]>();
  for (const batch of batches) {
    const { module } = batch[0].program;
    modules.set(module, [...(modules.get(module) ?? []), batch]);
  }
  return [...modules.values()];
};

const reportPackages = (stage: Stage): ((line: string) => void) => {
  let count = 0;
  return (line) => {
    if (line.startsWith("go: downloading ")) stage.detail(line.slice("go: ".length));
    else if (!line.includes(" ")) stage.detail(`${++count} packages, ${line}`);
  };
};

/** Runs the compiler with an empty `out` folder, which it fills. */
const runCompiler = async (io: Io, cache: Cache, tree: ToolsTree, compiler: Compiler, jobs: Jobs, out: string) => {
  const [{ program }] = jobs;
  const go = join(cache.folder, "go");
  await io.files.makeFolder(join(go, "mod"));
  await io.files.makeFolder(join(go, "build"));
  // No entry of the cache's, but measured and pruned like one: it was used now.
  await io.files.touch(go);
  const names = jobs.map((job) => builtName(job.program)).join(", ");
  await io.progress.stage(`compiling ${program.module}: ${names}`, async (stage) => {
    const command = sandboxed(io, tree, {
      doing: `compiling ${names} of ${program.module}`,
      argv: compilerCommand([program, ...jobs.slice(1).map((job) => job.program)]),
      binds: [
        { from: moduleFolder(program), to: inside.module },
        { from: go, to: inside.go, writable: true },
        { from: out, to: inside.out, writable: true },
      ],
      folder: inside.module,
      environment: compilerEnvironment(compiler, program),
      network: true,
      onLine: reportPackages(stage),
      hint: "modules come from the Go module proxy: GOPROXY says which, and `kubernetes.from: mirror` needs none",
    });
    await io.processes.run(command);
  });
};

const isMissing = async (io: Io, cache: Cache, job: Job): Promise<boolean> =>
  (await io.files.status(keptProgram(cache, job).path)) === undefined;

const onlyMissing = async (io: Io, cache: Cache, jobs: readonly Job[]): Promise<Job[]> => {
  const missing = await Promise.all(jobs.map((job) => isMissing(io, cache, job)));
  return jobs.filter((_, index) => missing[index]);
};

const keepResults = async (io: Io, cache: Cache, jobs: readonly Job[], out: string): Promise<void> => {
  for (const { program, input } of jobs) {
    const built = join(out, builtName(program));
    await cache.entry({ kind, name: `${builtName(program)} of ${program.module}` }, input, (folder) =>
      io.files.rename(built, join(folder, "program")),
    );
  }
};

/** Compiles what is still missing once no other kimg compiles the same module: its results may be wanted here too. */
const compileBatch = async (io: Io, cache: Cache, tree: ToolsTree, compiler: Compiler, batch: Jobs): Promise<void> => {
  const { module } = batch[0].program;
  const release = await io.files.lock(join(cache.folder, "locks", `compile-${module.replaceAll("/", "-")}`), () =>
    io.progress.note(`waiting for another kimg that is compiling ${module}`),
  );
  const out = await io.files.temporaryFolder(join(cache.folder, "unfinished"));
  try {
    const [first, ...rest] = await onlyMissing(io, cache, batch);
    if (first === undefined) return;
    await runCompiler(io, cache, tree, compiler, [first, ...rest], out);
    await keepResults(io, cache, [first, ...rest], out);
  } finally {
    await io.files.remove(out);
    await release();
  }
};

/**
 * The programs, compiled where the cache does not have them. Rejects with ToolError, naming the command, when the compiler or the
 * module proxy fails.
 */
export const compilePrograms = async (
  io: Io,
  cache: Cache,
  programs: readonly Program[],
): Promise<ReadonlyMap<Program, CompiledProgram>> => {
  const compiler = await readCompiler(io);
  const tree = () => toolsTree(io, cache, compiler);
  const jobs = await mapLimited([...new Set(programs)], 1, (program) => describeJob(io, program, compiler, tree));
  const missing = byModule(toBatches(await onlyMissing(io, cache, jobs)));
  if (missing.length > 0) {
    const compilers = await tree();
    // Two at a time: one can compile while the other links on a single core.
    const limit = Math.min(2, availableParallelism());
    await mapLimited(missing, limit, (batches) =>
      mapLimited(batches, 1, (batch) => compileBatch(io, cache, compilers, compiler, batch)),
    );
  }
  return new Map(jobs.map((job) => [job.program, keptProgram(cache, job)]));
};
