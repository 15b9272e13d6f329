// Every code fence of README.md and docs/ is checked: commands against the command line that there is, YAML by the reader of what it
// is, JSON by a parser, programs against the example that they show. A fence of another kind, or a YAML fence that does not say what it is, fails.
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { checkConfig } from "../src/config/index.ts";
import { shippedFolder } from "../src/content.ts";
import { startProgress } from "../src/edge/progress.ts";
import { systemFiles } from "../src/edge/files.ts";
import { systemIo } from "../src/edge/system-io.ts";
import { loadLibrary } from "../src/library/index.ts";
import { createProgram } from "../src/program.ts";

interface Fence {
  readonly place: string;
  /** First word of the info string: sh, yaml, json, text. */
  readonly language: string;
  /** The rest of it: what the text is. */
  readonly title: string;
  readonly text: string;
}

const io = systemIo(startProgress("quiet"), new AbortController().signal);
const files = systemFiles();

const pages = async (): Promise<string[]> => {
  const docs = (await readdir(join(shippedFolder, "docs"), { recursive: true })).filter((name) => name.endsWith(".md"));
  return [
    "README.md",
    "build/README.md",
    "examples/README.md",
    "images/agent/README.md",
    ...docs.map((name) => `docs/${name}`),
  ];
};

const fencesOf = (page: string, markdown: string): Fence[] =>
  [...markdown.matchAll(/^```(\w*)(?: ([^\n]*))?\n(.*?)^```$/gms)].map(({ 1: language, 2: title, 3: text, index }) => ({
    place: `${page}:${markdown.slice(0, index).split("\n").length}`,
    language: language ?? "",
    title: title ?? "",
    text: text ?? "",
  }));

const fences = (
  await Promise.all(
    (await pages()).map(async (page) => fencesOf(page, await readFile(join(shippedFolder, page), "utf8"))),
  )
).flat();

/** Parses a command as the program would, without running it. */
const checkKimgCommand = async (words: readonly string[]): Promise<void> => {
  let verb = "";
  const program = createProgram(async (found) => {
    verb = found;
  });
  program.configureOutput({ writeErr: () => {}, writeOut: () => {} });
  await program.parseAsync([...words], { from: "user" });
  expect(verb).not.toBe("");
};

const checkCommand = async (line: string): Promise<void> => {
  const [program = "", ...words] = line.trim().split(/\s+/);
  if (program === "kimg") return checkKimgCommand(words);
  if (program.startsWith("./")) return expect(await files.status(join(shippedFolder, program))).toBeDefined();
  if (program === "npm" && (words[0] === "run" || words[0] === "install")) {
    const { name, scripts } = JSON.parse(await readFile(join(shippedFolder, "package.json"), "utf8")) as {
      name: string;
      scripts: object;
    };
    return expect(words[0] === "run" ? Object.keys(scripts) : [name]).toContain(words[1]);
  }
  expect(knownPrograms, `what is ${program}?`).toContain(program);
};

/** Programs of others, whose use in e2e tests shows that these lines are right. */
const knownPrograms = ["qemu-system-x86_64", "python3", "npx", "sha256sum", "sudo"];

const checkCluster = async (text: string): Promise<void> => {
  const { library } = await loadLibrary(io, [shippedFolder]);
  const { diagnostics } = checkConfig(text, "cluster.yaml", library);
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
};

/** A role or an image shown in the docs must be one that a user could put into a library. */
const checkContent = async (kind: "role" | "image", text: string): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "kimg-docs-"));
  try {
    await files.write(join(folder, `${kind}s/shown/${kind}.yaml`), text);
    const { diagnostics } = await loadLibrary(io, [shippedFolder, folder]);
    expect(diagnostics.map(({ message }) => message)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** Mermaid's sequence diagrams: every line is a participant or a message, and every message is between participants that are named. */
const checkSequence = (text: string): void => {
  const [kind, ...lines] = text.trim().split("\n");
  expect(kind).toBe("sequenceDiagram");
  const names = lines.flatMap((line) => /^ {2}participant (\w+) as .+$/.exec(line)?.[1] ?? []);
  for (const line of lines.slice(names.length)) {
    const [, from, to] = /^ {2}(\w+)->>(\w+): .+$/.exec(line) ?? [];
    expect(names, line).toContain(from);
    expect(names, line).toContain(to);
  }
};

const checkCommands = async (text: string): Promise<void> => {
  const lines = text
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));
  for (const line of lines) await checkCommand(line);
};

const checkYaml = async (title: string, text: string): Promise<void> => {
  if (title === "cluster.yaml") return checkCluster(text);
  if (title === "role.yaml" || title === "image.yaml") {
    return checkContent(title === "role.yaml" ? "role" : "image", text);
  }
  if (title.startsWith("part of ")) return void parse(text);
  expect.unreachable(`YAML that is "${title}" is not checked by anything`);
};

const checkFence = async ({ language, title, text }: Fence): Promise<void> => {
  if (language === "sh") return checkCommands(text);
  if (language === "json") return void JSON.parse(text);
  if (language === "yaml" && title !== "") return checkYaml(title, text);
  if (language === "js") return expect(text).toBe(await readFile(join(shippedFolder, title), "utf8"));
  if (language === "mermaid") return checkSequence(text);
  if (language === "text" && title !== "") return;
  expect.unreachable(`a fence of ${language || "no language"} "${title}" is not checked by anything`);
};

describe("code fences", () => {
  it.each(fences.map((fence) => [fence.place, fence] as const))("%s", (_place, fence) => checkFence(fence));

  it("are there at all", () => {
    expect(fences.length).toBeGreaterThan(5);
  });
});

/** As GitHub names a heading: lower case, without punctuation, `-` for blanks. */
const anchors = (markdown: string): readonly string[] =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

describe("links", async () => {
  it.each(await pages())("of %s lead somewhere", async (page) => {
    const text = await readFile(join(shippedFolder, page), "utf8");
    for (const [, target = "", anchor] of text.matchAll(/\]\(([^)#:]*)(?:#([^)]+))?\)/g)) {
      const path = target === "" ? page : join(dirname(page), target);
      expect(await files.status(join(shippedFolder, path)), target).toBeDefined();
      if (anchor !== undefined) expect(anchors(await readFile(join(shippedFolder, path), "utf8"))).toContain(anchor);
    }
  });
});
