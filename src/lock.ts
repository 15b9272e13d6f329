// kimg.lock: what went into an image. Written beside its artifacts; `--locked` rebuilds exactly that or says what differs.
import type { DiagnosticCode } from "./codes/index.ts";
import { type Diagnostic, DiagnosticError } from "./diagnostic.ts";
import type { LockEntry } from "./model.ts";

const order = (entry: LockEntry): string => `${entry.kind} ${entry.name} ${entry.version}`;

const sortEntries = (entries: readonly LockEntry[]): LockEntry[] =>
  entries.toSorted((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));

/** The text of a lock file: JSON, one entry a line, so that a diff of two reads well. */
export const formatLock = (entries: readonly LockEntry[]): string => {
  const lines = sortEntries(entries).map(({ kind, name, version, source, sha256 }) =>
    JSON.stringify({ kind, name, version, source, sha256 }),
  );
  return `{"version": 1, "entries": [\n${lines.join(",\n")}\n]}\n`;
};

const isEntry = (value: unknown): value is LockEntry =>
  typeof value === "object" &&
  value !== null &&
  ["kind", "name", "version", "source", "sha256"].every((key) => typeof Reflect.get(value, key) === "string");

/** Throws DiagnosticError when the text is no lock file. */
export const parseLock = (text: string, file: string): readonly LockEntry[] => {
  const broken = (message: string): DiagnosticError =>
    new DiagnosticError([
      {
        severity: "error",
        code: "lock/malformed",
        message: `${file}: ${message}`,
        hint: "build once without --locked",
      },
    ]);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw broken("is no JSON");
  }
  const entries: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "entries") : undefined;
  if (!Array.isArray(entries) || !entries.every(isEntry)) throw broken("is no lock file of kimg's");
  return entries;
};

const byName = (entries: readonly LockEntry[]): Map<string, LockEntry> =>
  new Map(entries.map((entry) => [`${entry.kind} ${entry.name}`, entry]));

const describe = (entry: LockEntry): string => `${entry.kind} ${entry.name} ${entry.version}`;

const error = (code: DiagnosticCode, message: string): Diagnostic => ({ severity: "error", code, message });

/** What keeps a build from being the locked one; empty when it is. */
export const compareLocks = (locked: readonly LockEntry[], built: readonly LockEntry[]): readonly Diagnostic[] => {
  const before = byName(locked);
  const after = byName(built);
  const lost = [...before]
    .filter(([name]) => !after.has(name))
    .map(([, entry]) => error("lock/missing", `locked, but not in this build: ${describe(entry)}`));
  const others = [...after].flatMap(([name, entry]) => {
    const was = before.get(name);
    if (was === undefined) return [error("lock/extra", `in this build, but not locked: ${describe(entry)}`)];
    if (was.version !== entry.version) {
      return [
        error(
          "lock/version",
          `${entry.kind} ${entry.name} is locked at ${was.version}, but this build has ${entry.version}`,
        ),
      ];
    }
    if (was.sha256 === entry.sha256) return [];
    return [
      error(
        "lock/digest",
        `${describe(entry)} has another digest than the locked one: ${entry.sha256}, not ${was.sha256}`,
      ),
    ];
  });
  return [...lost, ...others].toSorted((a, b) => (a.message < b.message ? -1 : 1));
};
