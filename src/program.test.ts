import { expect, it } from "vitest";
import { CommandLineError, createProgram } from "./program.ts";

/** What the program makes of words: the verb, or what it throws. */
const parse = async (line: string): Promise<unknown> => {
  let called = "";
  const program = createProgram(async (verb) => {
    called = verb;
  });
  try {
    await program.parseAsync(line.split(" "), { from: "user" });
    return called;
  } catch (error) {
    return error;
  }
};

it.each([
  ["render --datasourc nocloud --json", "unknown option '--datasourc'; did you mean --datasource?", "kimg render"],
  [
    "render --json --datasource nocluod",
    "Did you mean nocloud? Allowed choices are nocloud, nocloud-vfat,",
    "kimg render",
  ],
  ["build --json --from modulse", "Did you mean modules? Allowed choices are upstream, modules, mirror.", "kimg build"],
  ["--json cache prun", "unknown command 'prun'; did you mean prune?", "kimg cache"],
  ["--json rendr", "unknown command 'rendr'; did you mean render?", "kimg"],
  ["boot --json", "missing required argument 'image'", "kimg boot"],
  ["mirror --json", "kimg mirror what?", "kimg mirror"],
])("kimg %s is refused, and what was read of it is known", async (line, message, name) => {
  const error = await parse(line);
  expect(error).toBeInstanceOf(CommandLineError);
  expect(error).toMatchObject({
    message: expect.stringContaining(message) as string,
    hint: `see ${name} --help`,
    options: { json: true },
  });
});

it("knows the form that was asked for where the rest is wrong", async () => {
  expect(await parse("check --format github --frm x")).toMatchObject({ options: { format: "github" } });
});

it("takes each item of a set once, however often it is given", async () => {
  let options: Readonly<Record<string, unknown>> = {};
  const program = createProgram(async (_verb, _args, given) => {
    options = given;
  });
  await program.parseAsync("render --datasource ec2 --datasource gce --datasource ec2".split(" "), { from: "user" });
  expect(options["datasource"]).toEqual(["ec2", "gce"]);
});

it("leaves what a command judges in words of its own to the command", async () => {
  expect(await parse("secrets --rotate ca.key")).toBe("secrets");
  expect(await parse("boot x --until joind")).toBe("boot");
});
