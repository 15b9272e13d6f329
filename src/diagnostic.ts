// What kimg says about input that it cannot take. Pure: knows no file system; positions are looked up by config/source.ts
// and only shown here.
import { createColors } from "picocolors";
import type { DiagnosticCode } from "./codes/index.ts";

export type Severity = "error" | "warning";

/** Keys and indices from the document's root: `["nodes", 1, "role"]`. */
export type Path = readonly (string | number)[];

export interface Diagnostic {
  readonly severity: Severity;
  /** `room/slug`, stable: `node/unknown-role`. */
  readonly code: DiagnosticCode;
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

/** As kimg prints paths: `nodes[1].labels["example.org/rack"]`. */
export const formatPath = (path: Path): string =>
  path
    .map((part) => {
      if (typeof part === "number") return `[${part}]`;
      return /^[A-Za-z_$][\w$-]*$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`;
    })
    .join("")
    .replace(/^\./, "");

/** For people, for programs, for GitHub Actions. */
export const diagnosticFormats = ["text", "json", "github"] as const;
export type DiagnosticFormat = (typeof diagnosticFormats)[number];

export interface FormatOptions {
  readonly color: boolean;
}

type Colors = ReturnType<typeof createColors>;

/** Control characters (a terminal would act on them) as their visible pictures, one column each. */
export const visible = (text: string): string =>
  text.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : code === 0x7f ? "\u2421" : "\ufffd";
  });

/** The most of a line that a frame shows: enough for a wide terminal, and a minified document stays readable. */
const frameWidth = 120;

const frameLines = (location: Location, colors: Colors): readonly string[] => {
  const width = String(location.line).length;
  const gutter = (label: string): string => colors.dim(`  ${label.padStart(width)} |`);
  const left = location.column <= frameWidth - 20 ? 0 : location.column - frameWidth / 2;
  const cut = (text: string): string =>
    visible(
      Array.from(text)
        .slice(left, left + frameWidth)
        .join(""),
    );
  const carets = "^".repeat(Math.max(1, Math.min(location.length, frameWidth + left - location.column + 1)));
  return [
    ...location.frame
      .filter(({ line, text }) => line === location.line || left === 0 || cut(text) !== "")
      .map(({ line, text }) => `${gutter(String(line))} ${cut(text)}`.trimEnd()),
    `${gutter("")} ${" ".repeat(location.column - 1 - left)}${colors.red(carets)}`,
  ];
};

/** One complaint as people read it: what is wrong, where, the lines in question, how to mend it. */
export const formatDiagnostic = (diagnostic: Diagnostic, options: FormatOptions): string => {
  const colors = createColors(options.color);
  const { severity, code, message, hint, path, location } = diagnostic;
  const paint = severity === "error" ? colors.red : colors.yellow;
  const where = path === undefined ? "" : `  ${formatPath(path)}`.trimEnd();
  return [
    `${colors.bold(paint(`${severity}[${code}]`))}: ${colors.bold(visible(message))}`,
    ...(location === undefined
      ? []
      : [`  --> ${visible(`${location.file}:${location.line}:${location.column}${where}`)}`]),
    ...(location === undefined || location.frame.length === 0 ? [] : frameLines(location, colors)),
    ...(hint === undefined ? [] : hint.split("\n").map((line) => `  ${visible(line)}`)),
  ].join("\n");
};

/** More than this helps nobody; the rest is counted. */
const mostShown = 100;

const counted = (count: number, noun: string): readonly string[] =>
  count === 0 ? [] : [`${count} ${noun}${count === 1 ? "" : "s"}`];

/** All complaints, in the order given, with a last line that counts them when there are several. */
export const formatDiagnostics = (diagnostics: readonly Diagnostic[], options: FormatOptions): string => {
  const shown = diagnostics.slice(0, mostShown).map((diagnostic) => formatDiagnostic(diagnostic, options));
  if (diagnostics.length <= 1) return shown.join("");
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  const total = [...counted(errors, "error"), ...counted(diagnostics.length - errors, "warning")].join(", ");
  const rest = diagnostics.length > mostShown ? `; the first ${mostShown} are shown` : "";
  return [...shown, `${total}${rest}`].join("\n\n");
};

/** For programs: positions are flat and optional, the frame is left out. */
export const plainDiagnostic = ({ severity, code, message, hint, path, location }: Diagnostic) => ({
  severity,
  code,
  message,
  hint,
  path: path === undefined ? undefined : formatPath(path),
  file: location?.file,
  line: location?.line,
  column: location?.column,
  length: location?.length,
});

/** One JSON document, `{"diagnostics": [...]}`. */
export const diagnosticsJson = (diagnostics: readonly Diagnostic[]): string =>
  JSON.stringify({ diagnostics: diagnostics.map(plainDiagnostic) }, undefined, 2);
