// What kimg says about input that it cannot take. Pure: knows no file system; positions are looked up by config/source.ts
// and only shown here.

export type Severity = "error" | "warning";

/** Keys and indices from the document's root: `["nodes", 1, "role"]`. */
export type Path = readonly (string | number)[];

export interface Diagnostic {
  readonly severity: Severity;
  /** `room/slug`, stable: `node/unknown-role`. */
  readonly code: string;
  readonly message: string;
  /** How to mend it. */
  readonly hint?: string;
  /** Where in its document; `at` says whether the key or the value is meant. */
  readonly path?: Path;
  readonly at?: "key" | "value";
  /** The text's name as the user gave it; set when the position is known. */
  readonly location?: Location;
}

export interface Location {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters. */
  readonly column: number;
  /** Characters to underline, at least 1. */
  readonly length: number;
  /** The line and the one before it, for the code frame. */
  readonly frame: readonly { readonly line: number; readonly text: string }[];
}

/** Input was refused; holds every complaint. Exit code 1. */
export class DiagnosticError extends Error {
  override readonly name = "DiagnosticError";
  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => diagnostic.message).join("\n"));
  }
}

/** A program that kimg called, or a host that it asked, failed. Exit code 3. */
export class ToolError extends Error {
  override readonly name = "ToolError";
  constructor(
    /** What was being done: "making the root file system". */
    readonly doing: string,
    readonly details: {
      /** Copy-pasteable. */
      readonly command?: string;
      /** The end of its output. */
      readonly tail?: string;
      readonly hint?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(`failed while ${doing}`, { cause: details.cause });
  }
}

/** The command line itself was wrong. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}
