// Programs, each in a process group of its own, so that an abort ends it with all its children.
import { type ChildProcess, spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ToolError } from "../diagnostic.ts";
import type { Command, Ending, Finished, Processes } from "./io.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const tailLines = 20;
/** How long a program may take to end by itself after SIGTERM. */
const graceMilliseconds = 5_000;

const searchFolders = (environment: Environment): string[] =>
  [...(environment["PATH"] ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"].filter(isAbsolute);

const findProgram = async (environment: Environment, program: string): Promise<string | undefined> => {
  const candidates = isAbsolute(program)
    ? [program]
    : searchFolders(environment).map((folder) => join(folder, program));
  for (const candidate of candidates) {
    const found = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return candidate;
  }
  return undefined;
};

const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** The command as a line that can be pasted into a shell. */
export const shellLine = (command: Pick<Command, "argv" | "environment" | "folder">): string =>
  [
    ...(command.folder === undefined ? [] : ["cd", quote(command.folder), "&&"]),
    ...Object.entries(command.environment ?? {}).map(([name, value]) => `${name}=${quote(value)}`),
    ...command.argv.map(quote),
  ].join(" ");

/** Calls `onLine` for each whole line of a stream of text. */
const splitLines = (onLine: ((line: string) => void) | undefined): ((chunk: string) => void) => {
  let rest = "";
  return (chunk) => {
    if (onLine === undefined) return;
    const lines = (rest + chunk).split(/\r?\n|\r/);
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
};

const collect = (stream: Readable, onLine: Command["onLine"]): (() => string) => {
  const chunks: string[] = [];
  const lines = splitLines(onLine);
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    chunks.push(chunk);
    lines(chunk);
  });
  return () => chunks.join("");
};

const killGroup = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended by itself.
  }
};

/** Ends the group on abort; SIGKILL comes after SIGTERM for what did not listen. Returns how to stop watching. */
const endOnAbort = (child: ChildProcess, { signal, by }: Ending): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    killGroup(child, by);
    timer = setTimeout(() => killGroup(child, "SIGKILL"), graceMilliseconds);
  };
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  return () => {
    signal.removeEventListener("abort", end);
    clearTimeout(timer);
  };
};

const feed = async (child: ChildProcess, input: Command["input"]): Promise<void> => {
  if (child.stdin === null) return;
  if (!(input instanceof Readable)) {
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
    return;
  }
  // A program that stops reading early says so by its exit code.
  await pipeline(input, child.stdin).catch(() => {});
};

const spawnAndWait = (
  command: Command,
  program: string,
  environment: Environment,
  signal: AbortSignal,
): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, command.argv.slice(1), {
      cwd: command.folder,
      env: {
        ...pick(environment, ["PATH", "HOME", "TMPDIR", "USER", "LOGNAME", ...(command.inherit ?? [])]),
        ...command.environment,
      },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    const endings: readonly Ending[] = [{ signal, by: "SIGTERM" }, ...(command.ending ? [command.ending] : [])];
    const watches = endings.map((ending) => endOnAbort(child, ending));
    const unwatch = (): void => watches.forEach((stop) => stop());
    const stdout = collect(child.stdout, command.onLine);
    const stderr = collect(child.stderr, command.onLine);
    child.once("error", (cause) => {
      unwatch();
      reject(new ToolError(command.doing, { command: shellLine(command), cause }));
    });
    child.once("close", (code, by) => {
      unwatch();
      // Whatever the program left behind in its group goes with it.
      killGroup(child, "SIGKILL");
      const ended = endings.find((ending) => ending.signal.aborted);
      if (ended !== undefined) reject(ended.signal.reason as Error);
      else
        resolve({
          code: code ?? 128,
          stdout: stdout(),
          stderr: by === null ? stderr() : `${stderr()}\nended by ${by}`,
        });
    });
    void feed(child, command.input);
  });

const pick = (environment: Environment, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])));

const tail = (finished: Finished): string =>
  `${finished.stdout}\n${finished.stderr}`.trim().split("\n").slice(-tailLines).join("\n");

export const systemProcesses = (environment: Environment, signal: AbortSignal): Processes => ({
  find: (program) => findProgram(environment, program),
  run: async (command) => {
    signal.throwIfAborted();
    command.ending?.signal.throwIfAborted();
    const program = await findProgram(environment, command.argv[0]);
    if (program === undefined) {
      const hint = command.hint ?? `install the package that holds \`${command.argv[0]}\``;
      throw new ToolError(command.doing, {
        command: shellLine(command),
        tail: `no program \`${command.argv[0]}\``,
        hint,
      });
    }
    const finished = await spawnAndWait(command, program, environment, signal);
    if ((command.accept ?? [0]).includes(finished.code)) return finished;
    throw new ToolError(command.doing, {
      command: shellLine(command),
      tail: `${tail(finished)}\n(exit code ${finished.code})`.trim(),
      ...(command.hint === undefined ? {} : { hint: command.hint }),
    });
  },
});
