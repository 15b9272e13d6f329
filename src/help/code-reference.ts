// docs/codes.md: every diagnostic code with an example and the cure. Pure: `examples` come from the files of tests/diagnostics/.
import { type CodeEntry, type DiagnosticCode, codes } from "../codes/index.ts";

const introduction = `# Diagnostic codes

<!-- Written by \`npm run reference\` from src/codes/ and tests/diagnostics/: edit those. -->

What kimg does not take it names by a code, \`room/slug\`, which stays the same while the words around it may become better. \`kimg help CODE\` prints
an entry of this page. Errors end with exit code 1; warnings do not.
`;

type Entry = readonly [code: DiagnosticCode, entry: CodeEntry];

const roomOf = ([code]: Entry): string => code.split("/", 1)[0] ?? "";

const printed = (code: string, example: string): string => {
  const [, severity = "error", message = ""] = /^(?:(warning|error): )?([^]*)$/.exec(example) ?? [];
  return `${severity}[${code}]: ${message}`;
};

const section = ([code, { meaning, cure, example }]: Entry, shown: string | undefined): string => {
  const text = shown ?? (example === undefined ? undefined : printed(code, example));
  const fence = text === undefined ? "" : `\n\`\`\`text ${code}\n${text}\n\`\`\`\n`;
  return `\n### \`${code}\`\n\n${meaning}\n\nCure: ${cure}\n${fence}`;
};

/** All codes, in the order of the registry, where a room's are together. */
export const codeEntries = (): readonly Entry[] => Object.entries(codes) as unknown as readonly Entry[];

/** docs/codes.md, whole. `examples`: what is printed, by code. */
export const codeReference = (examples: ReadonlyMap<string, string>): string => {
  const rooms = [...new Set(codeEntries().map(roomOf))];
  const sections = rooms.flatMap((room) => [
    `\n## ${room}\n`,
    ...codeEntries()
      .filter((entry) => roomOf(entry) === room)
      .map((entry) => section(entry, examples.get(entry[0]))),
  ]);
  return [introduction, ...sections].join("");
};
