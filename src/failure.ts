// An error → what the user is told and the exit code. The only place that knows both.
import { DiagnosticError, ToolError, UsageError, formatDiagnostics } from "./diagnostic.ts";

/** The user stopped it: by Ctrl-C, SIGTERM or SIGHUP. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor(readonly by: NodeJS.Signals) {
    super(`stopped by ${by}`);
  }
}

export const exitCodes = { diagnostics: 1, usage: 2, tool: 3, bug: 70, interrupted: 130 } as const;

export interface Failure {
  readonly text: string;
  readonly exitCode: number;
}

const systemMessages: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EEXIST: "exists already; kimg overwrites nothing that it did not write",
  EISDIR: "is a directory",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on the disk; `kimg cache prune` frees what kimg keeps",
  ENOTDIR: "is not a directory",
  EROFS: "the file system is read-only",
};

const indent = (text: string): string => text.replaceAll(/^/gm, "  | ");

const toolText = (error: ToolError): string => {
  const { command, tail, hint, cause } = error.details;
  const why = tail ?? (cause instanceof Error ? cause.message : undefined);
  return [
    `error: ${error.message}`,
    ...(why === undefined || why === "" ? [] : [indent(why)]),
    ...(command === undefined ? [] : [`  to repeat it: ${command}`]),
    ...(hint === undefined ? [] : [`  hint: ${hint}`]),
  ].join("\n");
};

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && "code" in error && typeof error.code === "string" && error.code in systemMessages;

export const describeFailure = (error: unknown, options: { readonly color: boolean }): Failure => {
  if (error instanceof DiagnosticError) {
    return { text: formatDiagnostics(error.diagnostics, options), exitCode: exitCodes.diagnostics };
  }
  if (error instanceof UsageError) {
    const hint = error.hint === undefined ? "" : `\n  hint: ${error.hint}`;
    return { text: `error: ${error.message}${hint}`, exitCode: exitCodes.usage };
  }
  if (error instanceof Interrupted) return { text: error.message, exitCode: exitCodes.interrupted };
  if (error instanceof ToolError) return { text: toolText(error), exitCode: exitCodes.tool };
  if (isSystemError(error)) {
    const text = `error: ${error.path ?? error.syscall ?? "a file"}: ${systemMessages[error.code ?? ""]}`;
    return { text, exitCode: exitCodes.tool };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { text: `This is a bug in kimg; please report it.\n${stack}`, exitCode: exitCodes.bug };
};
