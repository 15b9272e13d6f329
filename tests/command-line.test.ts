// The program itself, called as a shell calls it: what is on which stream, and the exit code.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { shippedFolder } from "../src/content.ts";
import { withScratch } from "./support/scratch.ts";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const program = [process.execPath, "--import", "tsx", join(shippedFolder, "src/cli.ts")] as const;

const kimg = (words: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const [node, ...argv] = [...program, ...words];
    const child = execFile(node, argv, { cwd: shippedFolder }, (_error, stdout, stderr) =>
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

it.each([
  ["Ctrl-C", "\u0003", 130, "stopped by SIGINT"],
  ["Ctrl-D", "\u0004", 2, "error: the passphrase is empty"],
])("%s at the question for a passphrase ends it", async (_key, bytes, exitCode, said) => {
  await withScratch(async ({ folder }) => {
    await copyFile(join(shippedFolder, "examples/single-master/cluster.yaml"), join(folder, "cluster.yaml"));
    // script(1) runs it on a terminal.
    const line = [...program, "secrets", join(folder, "cluster.yaml"), "--encrypt"].join(" ");
    const terminal = spawn("script", ["--quiet", "--return", "--command", line, "/dev/null"], { cwd: shippedFolder });
    let shown = "";
    terminal.stdout.on("data", (piece: Buffer) => {
      const asked = shown.includes("assphrase: ");
      shown += piece.toString();
      if (!asked && shown.includes("assphrase: ")) terminal.stdin.write(bytes);
    });
    const [code] = (await once(terminal, "close")) as [number];
    expect({ code, shown }).toEqual({ code: exitCode, shown: expect.stringContaining(said) });
    expect(shown).not.toContain("bug in kimg");
  });
});

it("says that standard output takes no more", async () => {
  const [node, ...argv] = [...program, "help", "upgrade"];
  const full = spawn(node, argv, { cwd: shippedFolder, stdio: ["ignore", openSync("/dev/full", "w"), "pipe"] });
  let said = "";
  full.stderr?.on("data", (piece: Buffer) => (said += piece.toString()));
  const [code] = (await once(full, "close")) as [number];
  expect({ code, said }).toEqual({ code: 3, said: expect.stringMatching(/^error: standard output: no space left/) });
});
