import { describe, expect, it } from "vitest";
import type { Diagnostic } from "./diagnostic.ts";
import { diagnosticsJson, formatDiagnostic, formatDiagnostics, formatPath } from "./diagnostic.ts";

const unknownRole: Diagnostic = {
  severity: "error",
  code: "node/unknown-role",
  message: 'no role "mastr-join"; did you mean "master-join"?',
  hint: "known roles: haproxy, master-init, master-join, worker",
  path: ["nodes", 1, "role"],
  location: {
    file: "cluster.yaml",
    line: 10,
    column: 11,
    length: 10,
    frame: [
      { line: 9, text: "  - name: cp2" },
      { line: 10, text: "    role: mastr-join" },
    ],
  },
};

const plain = { color: false };

describe("formatDiagnostic", () => {
  it("has the documented form", () => {
    expect(formatDiagnostic(unknownRole, plain)).toBe(
      `error[node/unknown-role]: no role "mastr-join"; did you mean "master-join"?
  --> cluster.yaml:10:11  nodes[1].role
   9 |   - name: cp2
  10 |     role: mastr-join
     |           ^^^^^^^^^^
  known roles: haproxy, master-init, master-join, worker`,
    );
  });

  it("leaves out what is not known", () => {
    const bare: Diagnostic = { severity: "warning", code: "file/missing", message: "something" };
    expect(formatDiagnostic(bare, plain)).toBe("warning[file/missing]: something");
  });

  it("colours only when asked, and the same text", () => {
    const colored = formatDiagnostic(unknownRole, { color: true });
    expect(colored).toContain("\u001b[31m");
    // oxlint-disable-next-line no-control-regex -- colours are control sequences
    expect(colored.replaceAll(/\u001b\[\d+m/g, "")).toBe(formatDiagnostic(unknownRole, plain));
  });

  it("lets no control character and no direction mark through to the terminal", () => {
    const text = formatDiagnostic({ ...unknownRole, message: "a\u001b[2Jb\u202ec", hint: "\u0007\u009b" }, plain);
    expect(text).toContain("a␛[2Jb\ufffdc");
    // oxlint-disable-next-line no-control-regex -- that is the point
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  it("shows the part of a long line that matters", () => {
    const text = `${"x".repeat(1000)}HERE${"y".repeat(1000)}`;
    const location = { file: "f", line: 1, column: 1001, length: 4, frame: [{ line: 1, text }] };
    const lines = formatDiagnostic({ ...unknownRole, location }, plain).split("\n");
    const code = lines.find((line) => line.includes("HERE")) ?? "";
    const carets = lines.find((line) => line.includes("^")) ?? "";
    expect(code.length).toBeLessThan(140);
    expect(carets.indexOf("^")).toBe(code.indexOf("HERE"));
    expect(carets.trim()).toBe("| ^^^^".replace("| ", `|${" ".repeat(carets.indexOf("^") - carets.indexOf("|") - 1)}`));
  });
});

describe("formatDiagnostics", () => {
  it("counts when there are several", () => {
    const warning: Diagnostic = { ...unknownRole, severity: "warning" };
    expect(formatDiagnostics([unknownRole, warning, unknownRole], plain).split("\n").at(-1)).toBe(
      "2 errors, 1 warning",
    );
    expect(formatDiagnostics([unknownRole], plain)).toBe(formatDiagnostic(unknownRole, plain));
    expect(formatDiagnostics([], plain)).toBe("");
  });

  it("stops showing after a hundred", () => {
    const many = Array.from({ length: 5000 }, () => unknownRole);
    const text = formatDiagnostics(many, plain);
    expect(text.match(/^error/gm)).toHaveLength(100);
    expect(text.split("\n").at(-1)).toBe("5000 errors; the first 100 are shown");
  });
});

describe("diagnosticsJson", () => {
  it("is flat, and says only what is known", () => {
    const bare: Diagnostic = { severity: "warning", code: "file/missing", message: "something" };
    expect(JSON.parse(diagnosticsJson([unknownRole, bare]))).toEqual({
      diagnostics: [
        {
          severity: "error",
          code: "node/unknown-role",
          message: unknownRole.message,
          hint: unknownRole.hint,
          path: "nodes[1].role",
          file: "cluster.yaml",
          line: 10,
          column: 11,
          length: 10,
        },
        { severity: "warning", code: "file/missing", message: "something" },
      ],
    });
  });
});

describe("formatPath", () => {
  it.each([
    [[], ""],
    [["nodes", 1, "role"], "nodes[1].role"],
    [["nodes", 0, "labels", "example.org/rack"], 'nodes[0].labels["example.org/rack"]'],
    [[0, "a"], "[0].a"],
    [["roles", "master-init"], "roles.master-init"],
  ])("%j → %s", (path, text) => {
    expect(formatPath(path)).toBe(text);
  });
});
