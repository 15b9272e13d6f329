// Packer in a directory: key, init, validate, build. What a person must know of a failure comes with it: the command that does it again, the
// end of Packer's words, and of what the machine said on its console.
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { ToolError } from "../../diagnostic.ts";
import type { Command, Io } from "../../edge/io.ts";
import { shellLine } from "../../edge/processes.ts";
import { plainLine } from "../../emulator/console.ts";
import { type Builder, missingValues } from "./builders/builder.ts";
import { inheritedNames, packerEnvironment, type PackerProgram } from "./program.ts";

export interface PackerRun {
  readonly packer: PackerProgram;
  readonly builder: Builder;
  /** Absolute folder of the template, with its supply. */
  readonly directory: string;
  /** `-var` of Packer: `name=value`. */
  readonly variables: readonly string[];
  /** `-var-file` of Packer; absolute. */
  readonly variableFiles: readonly string[];
}

/** Below the directory; what a failed build leaves stays there to be looked at, but for its key. */
export const workName = "run";

/** `==> worker.qemu.kimg: Waiting for SSH…` → `Waiting for SSH…`. */
export const plainWords = (line: string): string =>
  // Older versions colour whatever they are told.
  stripVTControlCharacters(line)
    .replace(/^(==> |--> | {4})?([\w-]+\.)+kimg: ?/, "")
    .trim();

const variableArguments = ({ variables, variableFiles }: PackerRun): string[] => [
  ...variableFiles.map((file) => `-var-file=${file}`),
  ...[`work_directory=${workName}`, ...variables].flatMap((variable) => ["-var", variable]),
];

const command = (io: Io, run: PackerRun, doing: string, args: readonly string[]): Command => ({
  doing,
  argv: [run.packer.path, ...args],
  folder: run.directory,
  environment: { ...packerEnvironment, PACKER_CACHE_DIR: join(run.directory, workName, "cache") },
  inherit: inheritedNames(io.environment, run.builder),
});

const consoleLines = 20;

const consoleTail = async (io: Io, run: PackerRun): Promise<string> => {
  const path = join(run.directory, workName, "console.log");
  if ((await io.files.status(path)) === undefined) return "";
  const lines = (await io.files.readText(path)).trimEnd().split("\n").map(plainLine);
  return `\nthe end of the machine's console (${path}):\n${lines.slice(-consoleLines).join("\n")}`;
};

/** https://developer.hashicorp.com/packer/docs/plugins/install, and https://developer.hashicorp.com/packer/docs/v1.6.x/extending/plugins. */
const pluginHint = ({ packer, builder: { name, plugin } }: PackerRun): string =>
  packer.builders === "bundled"
    ? `Packer ${packer.version} has no builder ${name} inside: it takes one from a program packer-builder-${name} in ~/.packer.d/plugins; ` +
      `Packer 1.7 and later fetch ${plugin.source} themselves`
    : `Packer needs the plugin of ${name} (${plugin.source} ${plugin.version}): let it reach github.com for \`packer init .\`, or put the plugin ` +
      `into PACKER_PLUGIN_PATH with \`packer plugins install --path FILE ${plugin.source}\``;

/** Of a template that is found wrong: it is what it was given, most of all. */
const valuesHint = ({ builder }: PackerRun): string => {
  const missing = missingValues(builder);
  const needs = missing.length === 0 ? "" : `${builder.name} needs ${missing.join(", ")}; `;
  return `${needs}--var NAME=VALUE, --var-file FILE or PKR_VAR_NAME give a variable its value; credentials: ${builder.credentials}`;
};

const missingPlugin =
  /missing plugins?|plugins? .*not installed|unknown builder|unknown source type|failed getting the .* plugin/i;

/** How it is done again by hand, with a new key. */
const repeat = (run: PackerRun, args: readonly string[]): string => {
  const key = run.builder.key === "platform" ? "" : `sh new-key.sh ${workName} && `;
  const line = shellLine({ argv: [run.packer.path, ...args] });
  return `${shellLine({ argv: ["cd", run.directory] })} && ${key}${line}`;
};

const runPacker = async (
  io: Io,
  run: PackerRun,
  doing: string,
  args: readonly string[],
  more: { readonly say: (line: string) => void; readonly hint?: string },
): Promise<void> => {
  const say = (line: string): void => {
    const plain = plainWords(line);
    if (plain !== "") more.say(plain);
  };
  try {
    await io.processes.run({ ...command(io, run, doing, args), onLine: say });
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const tail = `${error.details.tail ?? ""}${await consoleTail(io, run)}`;
    const hint = missingPlugin.test(tail) ? pluginHint(run) : more.hint;
    throw new ToolError(doing, { tail, command: repeat(run, args), ...(hint === undefined ? {} : { hint }) });
  }
};

const fetchPlugins = async (io: Io, run: PackerRun, say: (line: string) => void): Promise<void> => {
  if (run.packer.builders === "bundled") return;
  await runPacker(io, run, "fetching Packer's plugin", ["init", "."], { say, hint: pluginHint(run) });
};

/** What Packer says of a template that it does not take; empty when it takes it. Rejects with ToolError when a plugin cannot be had. */
export const checkTemplate = async (io: Io, run: PackerRun): Promise<string> => {
  await fetchPlugins(io, run, () => {});
  const asked = command(io, run, "checking the template", ["validate", ...variableArguments(run), "."]);
  const { code, stdout, stderr } = await io.processes.run({ ...asked, accept: [0, 1] });
  return code === 0 ? "" : stripVTControlCharacters(`${stdout}\n${stderr}`);
};

const makeKey = async (io: Io, { builder, directory }: PackerRun): Promise<void> => {
  if (builder.key === "platform") return;
  const hint = "the key of a build is made by ssh-keygen, of Debian's package openssh-client";
  await io.processes.run({
    doing: "making the key of this build",
    argv: ["sh", "new-key.sh", workName],
    folder: directory,
    hint,
  });
};

const leftovers = [
  "output",
  "console.log",
  "packages.txt",
  "packer-manifest.json",
  "cache",
  "seed",
  "installer",
  "key",
];

/** Removes what an earlier run left of its own. */
export const cleanRun = async (io: Io, { directory }: Pick<PackerRun, "directory">): Promise<void> => {
  const work = join(directory, workName);
  for (const name of leftovers) await io.files.remove(join(work, name));
  const isThere = (await io.files.status(work)) !== undefined;
  if (isThere && (await io.files.list(work)).length === 0) await io.files.remove(work);
};

/** Leaves what was made in `<directory>/run`. Rejects with ToolError when Packer fails; its own cleaning up is done by then. */
export const runBuild = async (io: Io, run: PackerRun): Promise<void> => {
  const work = join(run.directory, workName);
  await cleanRun(io, run);
  await io.files.makeFolder(work);
  try {
    await makeKey(io, run);
    const variables = variableArguments(run);
    await io.progress.stage(`Packer ${run.packer.version}: ${run.builder.name}`, async ({ detail: say }) => {
      await fetchPlugins(io, run, say);
      await runPacker(io, run, "checking the template", ["validate", ...variables, "."], {
        say,
        hint: valuesHint(run),
      });
      await runPacker(
        io,
        run,
        `building with Packer's ${run.builder.name}`,
        ["build", "-color=false", ...variables, "."],
        { say },
      );
    });
  } finally {
    await io.files.remove(join(work, "key"));
  }
};
