// What is kept of a run: build/lab/report.json for programs, build/lab/report.md for people. A case that is run again replaces its
// earlier result; the others stay, each with its own date.
import { join } from "node:path";
import type { Io } from "../../src/edge/io.ts";
import type { Assertion } from "./scene.ts";
import type { Timeline } from "./timeline.ts";

export interface CaseResult {
  readonly name: string;
  readonly does: string;
  readonly endsIn: string;
  readonly inTest: boolean;
  readonly result: "passed" | "failed";
  /** ISO 8601. */
  readonly begun: string;
  readonly seconds: number;
  readonly assertions: readonly Assertion[];
  /** Set when the case failed in something that is no assertion. */
  readonly error?: string;
  /** What each agent said, and when. */
  readonly timeline: Timeline;
  /** The boot agent was the source tree's and not the images'. */
  readonly agentFromSource: boolean;
}

export interface Report {
  readonly version: 1;
  readonly cases: readonly CaseResult[];
}

const emptyReport: Report = { version: 1, cases: [] };

const readReport = async ({ files }: Io, path: string): Promise<Report> =>
  (await files.status(path)) === undefined ? emptyReport : (JSON.parse(await files.readText(path)) as Report);

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");

const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;

const overview = ({ cases }: Report): readonly string[] => [
  row(["case", "must end in", "result", "seconds", "run at"]),
  "|---|---|---|---|---|",
  ...cases.map(({ name, endsIn, inTest, result, seconds, begun }) =>
    row([`${inTest ? "● " : ""}[${name}](#${name})`, endsIn, result, String(seconds), begun.slice(0, 16)]),
  ),
];

const details = (result: CaseResult): readonly string[] => [
  ...["", `## ${result.name}`, "", `${result.does}.`, ""],
  ...(result.agentFromSource ? ["The boot agent was taken from the source tree.", ""] : []),
  ...(result.error === undefined ? [] : [`**${cell(result.error)}**`, ""]),
  row(["after", "assertion", "result", ""]),
  "|---|---|---|---|",
  ...result.assertions.map(({ at, what, result: is, detail }) => row([`${at} s`, what, is, detail ?? ""])),
  ...Object.entries(result.timeline).flatMap(([name, said]) =>
    said.length === 0 ? [] : ["", `**${name}**`, "", ...said.map(({ at, text }) => `- ${at} s: ${cell(text)}`)],
  ),
];

export const formatPage = (report: Report): string =>
  [
    "# The lab's last runs",
    "",
    "Written by `npm run lab -- case`. ●: a part of `./test`.",
    "",
    ...overview(report),
    ...report.cases.flatMap(details),
    "",
  ].join("\n");

/** Keeps the order of first appearance. */
export const withResult = (report: Report, result: CaseResult): Report => {
  const known = report.cases.some(({ name }) => name === result.name);
  const replaced = report.cases.map((each) => (each.name === result.name ? result : each));
  return { ...report, cases: known ? replaced : [...replaced, result] };
};

export const recordResult = async (io: Io, folder: string, result: CaseResult): Promise<void> => {
  const path = join(folder, "report.json");
  const report = withResult(await readReport(io, path), result);
  await io.files.write(path, `${JSON.stringify(report, undefined, 2)}\n`);
  await io.files.write(join(folder, "report.md"), formatPage(report));
};
