// An error → what people and programs are told, and the exit code. The only place that knows them.
import type { CodeOf } from "./codes/index.ts";
import { type Diagnostic, DiagnosticError, ToolError, UsageError, formatDiagnostics } from "./diagnostic.ts";

/** The user stopped it: by Ctrl-C, SIGTERM or SIGHUP. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor(readonly by: NodeJS.Signals) {
    super(`stopped by ${by}`);
  }
}

export const exitCodes = { diagnostics: 1, usage: 2, tool: 3, bug: 70, interrupted: 130 } as const;

export interface Failure {
  /** For people. */
  readonly text: string;
  /** The same for programs. */
  readonly diagnostics: readonly Diagnostic[];
  readonly exitCode: number;
}

const systemMessages: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EDQUOT: "the disk quota is exceeded",
  EEXIST: "exists already; kimg overwrites nothing that it did not write",
  EIO: "the disk does not read or write it",
  EISDIR: "is a directory",
  ELOOP: "the links to it go round in a circle",
  ENAMETOOLONG: "the name is longer than the file system takes",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on the disk; `kimg cache prune` frees what kimg keeps",
  ENOTDIR: "is not a directory",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
};

const indent = (text: string): string => text.replaceAll(/^/gm, "  | ");

const diagnostic = (code: CodeOf<"failure">, message: string, hint?: string): readonly Diagnostic[] => [
  { severity: "error", code: `failure/${code}`, message, ...(hint === undefined ? {} : { hint }) },
];

const usageFailure = ({ message, hint }: UsageError): Failure => ({
  text: `error: ${message}${hint === undefined ? "" : `\n  hint: ${hint}`}`,
  diagnostics: diagnostic("usage", message, hint),
  exitCode: exitCodes.usage,
});

const toolFailure = (error: ToolError): Failure => {
  const { command, tail, hint, cause } = error.details;
  const why = tail ?? (cause instanceof Error ? cause.message : "");
  const repeat = command === undefined ? [] : [`to repeat it: ${command}`];
  const hints = hint === undefined ? repeat : [...repeat, `hint: ${hint}`];
  const advice = hint === undefined ? repeat : [hint, ...repeat];
  return {
    text: [`error: ${error.message}`, ...(why === "" ? [] : [indent(why)]), ...hints.map((line) => `  ${line}`)].join(
      "\n",
    ),
    diagnostics: diagnostic(
      "program",
      why === "" ? error.message : `${error.message}: ${why}`,
      advice.length === 0 ? undefined : advice.join("\n"),
    ),
    exitCode: exitCodes.tool,
  };
};

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && "code" in error && typeof error.code === "string" && error.code in systemMessages;

const fileFailure = (error: NodeJS.ErrnoException): Failure => {
  const message = `${error.path ?? error.syscall ?? "a file"}: ${systemMessages[error.code ?? ""]}`;
  return { text: `error: ${message}`, diagnostics: diagnostic("file", message), exitCode: exitCodes.tool };
};

const bug = (error: unknown): Failure => {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    text: `This is a bug in kimg; please report it.\n${stack}`,
    diagnostics: diagnostic("bug", `this is a bug in kimg: ${String(error)}`, `please report it\n${stack}`),
    exitCode: exitCodes.bug,
  };
};

export const describeFailure = (error: unknown, options: { readonly color: boolean }): Failure => {
  if (error instanceof DiagnosticError) {
    const { diagnostics } = error;
    return { text: formatDiagnostics(diagnostics, options), diagnostics, exitCode: exitCodes.diagnostics };
  }
  if (error instanceof UsageError) return usageFailure(error);
  if (error instanceof Interrupted) {
    const { message } = error;
    return { text: message, diagnostics: diagnostic("stopped", message), exitCode: exitCodes.interrupted };
  }
  if (error instanceof ToolError) return toolFailure(error);
  return isSystemError(error) ? fileFailure(error) : bug(error);
};
