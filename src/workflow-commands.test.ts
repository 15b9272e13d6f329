import { expect, it } from "vitest";
import type { Diagnostic, Location } from "./diagnostic.ts";
import { workflowCommands } from "./workflow-commands.ts";

const location: Location = { file: "a,b:c/100%.yaml", line: 7, column: 5, length: 4, frame: [] };

it("escapes as the runner of GitHub Actions unescapes", () => {
  const odd: Diagnostic = {
    severity: "error",
    code: "node/unknown-role",
    message: 'no role "50%": a, b\r\n::warning::injected\u001b[31m',
    hint: "known roles: a, b",
    path: ["nodes", 1, "role"],
    location,
  };
  expect(workflowCommands([odd])).toBe(
    "::error file=a%2Cb%3Ac/100%25.yaml,line=7,col=5,title=node/unknown-role::" +
      'nodes[1].role: no role "50%25": a, b\u240d\u240a::warning::injected\u241b[31m%0Aknown roles: a, b',
  );
});

it("gives one line each, and no place where there is none", () => {
  const bare: Diagnostic = { severity: "warning", code: "masters/even", message: "something" };
  expect(workflowCommands([bare, { ...bare, path: [] }])).toBe(
    "::warning title=masters/even::something\n::warning title=masters/even::something",
  );
  expect(workflowCommands([])).toBe("");
});
