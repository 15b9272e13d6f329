import { expect, it } from "vitest";
import { codeEntries } from "../help/code-reference.ts";
import { topics } from "../help/topics.ts";
import { describeProgram } from "../program.ts";
import { systemFiles } from "../edge/files.ts";
import type { Io } from "../edge/io.ts";
import { help } from "./help.ts";

const io = { files: systemFiles() } as Io;
const ask = (words: readonly string[], json = false): Promise<string> =>
  help(io, { words, ...describeProgram(), json });

it.each(topics)("$name is a page that reads well on a terminal", async ({ name }) => {
  const text = await ask([name]);
  expect(text.length).toBeGreaterThan(200);
  expect(text).not.toMatch(/^\||^#+ |<!--|\]\(/m);
  expect(text).not.toContain("undefined");
});

it.each(codeEntries())("explains %s", async (code) => {
  expect(await ask([code])).toMatch(
    new RegExp(`^${code}\n\n[^]+\n\nCure: [^]+\n\n    (?:error|warning)\\[${code}\\]: `),
  );
});

it("prints the help of verbs, of one word or two", async () => {
  expect(await ask(["replace"])).toMatch(/^Usage: kimg replace \[options\] <node> \[cluster\.yaml\]/);
  expect(await ask(["mirror", "create"])).toMatch(/^Usage: kimg mirror create /);
  expect(await ask(["token"])).toContain("kimg token --render");
});

it("lists what can be asked", async () => {
  const text = await ask([]);
  for (const { name } of topics) expect(text).toContain(`\n  ${name} `);
});

it("gives programs data", async () => {
  expect(JSON.parse(await ask(["node/unknown-role"], true))).toMatchObject({ code: "node/unknown-role" });
  expect(JSON.parse(await ask(["codes"], true))).toHaveProperty(["node/unknown-role", "meaning"]);
  expect(JSON.parse(await ask(["secrets"], true))).toMatchObject({ topic: "secrets" });
});

it("guesses what was meant", async () => {
  await expect(ask(["rendr"])).rejects.toThrow('there is no command, topic or code "rendr"; did you mean "render"?');
  await expect(ask(["node/unkown-role"])).rejects.toThrow('did you mean "node/unknown-role"?');
  await expect(ask(["toString"])).rejects.toThrow("there is no command");
});
