import { expect, it } from "vitest";
import { DiagnosticError, ToolError, UsageError, diagnosticsJson } from "./diagnostic.ts";
import { Interrupted, describeFailure, exitCodes } from "./failure.ts";

const missing = { severity: "error", code: "file/missing", message: "there is no file x" } as const;

const refused = Object.assign(new Error("EACCES"), { code: "EACCES", path: "build/prod" });

const asking = new ToolError("asking the cluster", {
  tail: "nobody answers",
  command: "curl https://10.0.0.10:6443",
  hint: "is the tunnel there?",
});

it.each([
  ["refused input", new DiagnosticError([missing]), exitCodes.diagnostics, missing],
  [
    "wrong use",
    new UsageError("which role?", "--role worker"),
    exitCodes.usage,
    { code: "failure/usage", message: "which role?", hint: "--role worker" },
  ],
  [
    "a host that does not answer",
    asking,
    exitCodes.tool,
    {
      code: "failure/program",
      message: "failed while asking the cluster: nobody answers",
      hint: "is the tunnel there?\nto repeat it: curl https://10.0.0.10:6443",
    },
  ],
  [
    "what the file system refuses",
    refused,
    exitCodes.tool,
    { code: "failure/file", message: "build/prod: permission denied" },
  ],
  [
    "a signal",
    new Interrupted("SIGTERM"),
    exitCodes.interrupted,
    { code: "failure/stopped", message: "stopped by SIGTERM" },
  ],
  ["a bug", new TypeError("x is not a function"), exitCodes.bug, { code: "failure/bug" }],
])("%s is told to programs in one shape", (_name, error, exitCode, told) => {
  const failure = describeFailure(error, { color: false });
  expect(failure.exitCode).toBe(exitCode);
  const { diagnostics } = JSON.parse(diagnosticsJson(failure.diagnostics)) as { diagnostics: unknown[] };
  expect(diagnostics).toEqual([expect.objectContaining({ severity: "error", ...told })]);
});

it("has for people what failed, the end of what it said, and how to repeat it", () => {
  expect(describeFailure(asking, { color: false }).text).toBe(`error: failed while asking the cluster
  | nobody answers
  to repeat it: curl https://10.0.0.10:6443
  hint: is the tunnel there?`);
});

it("keeps the place of a bug", () => {
  const { text, diagnostics } = describeFailure(new TypeError("x is not a function"), { color: false });
  expect(text).toMatch(/^This is a bug in kimg.*\nTypeError: x is not a function\n {4}at /);
  expect(diagnostics[0]?.hint).toMatch(/^please report it\nTypeError: .*\n {4}at /);
});
