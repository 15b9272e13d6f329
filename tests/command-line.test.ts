// The program itself, called as a shell calls it: what is on which stream, and the exit code.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { shippedFolder } from "../src/content.ts";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const kimg = (words: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const argv = ["--import", "tsx", join(shippedFolder, "src/cli.ts"), ...words];
    const child = execFile(process.execPath, argv, { cwd: shippedFolder }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });

it.each([
  ["render --datasource nocluod --json", "failure/usage", "Did you mean nocloud? Allowed choices are nocloud, ", 2],
  ["status nothing.yaml --json", "file/missing", "there is no file nothing.yaml", 1],
])("kimg %s says what is wrong as JSON on standard output", async (line, code, message, exitCode) => {
  const ended = await kimg(line.split(" "));
  expect(ended).toMatchObject({ code: exitCode, stderr: "" });
  expect(JSON.parse(ended.stdout)).toEqual({
    diagnostics: [expect.objectContaining({ severity: "error", code, message: expect.stringContaining(message) })],
  });
});

it("says it to people on standard error, with a way on", async () => {
  const { code, stdout, stderr } = await kimg(["render", "--datasource", "nocluod"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(
    /^error: option '--datasource <name>' .* Did you mean nocloud\? .*\n {2}hint: see kimg render --help\n$/,
  );
});

it("shows what there is where no command is given", async () => {
  const { code, stdout, stderr } = await kimg([]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^Usage: kimg \[options\] \[command\]\n/);
});
