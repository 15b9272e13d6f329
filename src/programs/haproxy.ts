// The words of `haproxy -c` about one configuration (2.6 to 3.0). Pure.
import type { Severity } from "../diagnostic.ts";
import { shortened } from "./said.ts";

export interface SaidOfLine {
  readonly severity: Severity;
  /** Of the configuration, from 1; undefined for what has no line. */
  readonly line: number | undefined;
  readonly message: string;
}

/** What only counts the others. */
const summary = /^(?:Error\(s\) found|Fatal errors found|Failed to initialize server)/;
const entry = /^\[(ALERT|WARNING)\] +\(\d+\) : (?:config : )?(.*)$/;
const place = /^(?:parsing )?\[[^\]]*:(\d+)\] ?: ?(.*)$/i;
const unresolved = /could not resolve address '([^']+)'/;
/** A section is named where a line would be: `Proxy 'api': unable to find …`, `missing timeouts for backend 'x'`. */
const namedSection = /\b(?:proxy|frontend|backend|listen) '([^']+)'/i;

const sectionLine = (configuration: string, message: string): number | undefined => {
  const name = namedSection.exec(message)?.[1];
  const lines = configuration.split("\n").map((line) => line.trim().split(/\s+/));
  const index = lines.findIndex(([kind = "", id]) => /^(?:frontend|backend|listen)$/.test(kind) && id === name);
  return name === undefined || index === -1 ? undefined : index + 1;
};

/** Each complaint, in its order; what follows from one with a place is left out. `code`: with which it ended. */
export const haproxySaid = (configuration: string, code: number, output: string): readonly SaidOfLine[] => {
  const said = output.split("\n").flatMap((text): SaidOfLine[] => {
    const [, level, words = ""] = entry.exec(text) ?? [];
    if (level === undefined || summary.test(words)) return [];
    const [, line, message = words] = place.exec(words) ?? [];
    const severity = level === "ALERT" ? "error" : "warning";
    return [
      {
        ...{ severity, message: shortened(message) },
        line: line === undefined ? sectionLine(configuration, words) : Number(line),
      },
    ];
  });
  if (code !== 0 && said.every(({ severity }) => severity === "warning"))
    return [...said, { severity: "error", line: undefined, message: shortened(output.trim()) }];
  return said.some(({ line }) => line !== undefined) ? said.filter(({ line }) => line !== undefined) : said;
};

/** Names that HAProxy wants the address of as it starts. */
export const unresolvedNames = (said: readonly SaidOfLine[]): readonly string[] =>
  said.flatMap(({ message }) => unresolved.exec(message)?.[1] ?? []);
