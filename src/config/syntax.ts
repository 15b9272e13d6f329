// The parser's complaints, in kimg's words: what is there, and what to write instead.
import { visit } from "yaml";
import type { Document, YAMLParseError } from "yaml";
import type { DiagnosticCode } from "../codes/index.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { Locate } from "./text.ts";

interface Words {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint?: string;
}

const words: Readonly<Record<string, Words>> = {
  TAB_AS_INDENT: {
    code: "yaml/tab",
    message: "a tab where YAML wants spaces",
    hint: "indent with spaces: two for each level",
  },
  MULTIPLE_DOCS: {
    code: "yaml/several-documents",
    message: "a second document starts here",
    hint: "one file holds one document: remove the `---` or split the file",
  },
  MISSING_CHAR: { code: "yaml/syntax", message: "", hint: "is a quote, a bracket or a colon missing before this?" },
  BLOCK_AS_IMPLICIT_KEY: {
    code: "yaml/syntax",
    message: "a second `:` on one line, or a line indented more than its neighbours",
    hint: "put text that holds `: ` in quotes, and start keys of one map in one column",
  },
  BAD_SCALAR_START: { code: "yaml/syntax", message: "", hint: "put the text in quotes" },
  BAD_INDENT: { code: "yaml/syntax", message: "", hint: "keys of one map, and items of one list, start in one column" },
  RESOURCE_EXHAUSTION: { code: "yaml/too-deep", message: "lists or maps are nested too deeply to be read" },
};

/** Upstream's sentence as kimg writes sentences. */
const plainMessage = (message: string): string => message.charAt(0).toLowerCase() + message.slice(1);

const closers: Readonly<Record<string, string>> = { "{": "}", "[": "]", '"': '"', "'": "'" };

/** Where the last bracket or quote stands that is never closed. */
const unclosedAt = (document: Document, text: string): number | undefined => {
  let found: number | undefined;
  visit(document, {
    Node: (_, { range }) => {
      const [start, end] = range ?? [0, 0];
      const closer = closers[text.charAt(start)];
      if (closer !== undefined && (end - start < 2 || text.charAt(end - 1) !== closer)) found = start;
    },
  });
  return found;
};

/** The parser stumbles where the next thing begins, or at the end of the file; what is to be mended is further up. */
const unclosed = (error: YAMLParseError, document: Document, text: string, locate: Locate): Diagnostic | undefined => {
  const start = /end with a |Missing closing /.test(error.message) ? unclosedAt(document, text) : undefined;
  if (start === undefined) return undefined;
  const opener = text.charAt(start);
  const { line } = locate(error.pos[0]);
  const message = `this ${opener} is never closed`;
  const hint = `a ${closers[opener]} is missing before line ${line}, or what follows on the next lines is not indented enough`;
  return { severity: "error", code: "yaml/unclosed", message, hint, location: locate(start) };
};

const diagnostic = (error: YAMLParseError, document: Document, text: string, locate: Locate): Diagnostic => {
  const found = unclosed(error, document, text, locate);
  if (found !== undefined) return found;
  const known = words[error.code] ?? { code: "yaml/syntax", message: "" };
  const message = known.message === "" ? plainMessage(error.message) : known.message;
  return {
    severity: "error",
    code: known.code,
    message,
    ...(known.hint === undefined ? {} : { hint: known.hint }),
    location: locate(...error.pos),
  };
};

/** After its first error the parser guesses, so only that one is told; tabs are each what they seem, and told all. */
export const syntaxDiagnostics = (document: Document, text: string, locate: Locate): readonly Diagnostic[] => {
  const all = document.errors.slice(0, 1000).map((error) => diagnostic(error, document, text, locate));
  const tabs = all.filter(({ code }) => code === "yaml/tab");
  return tabs.length > 0 ? tabs : all.slice(0, 1);
};
