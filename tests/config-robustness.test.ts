// Whatever is done to a cluster.yaml, kimg answers with diagnostics that have a place, and never with a stack.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { checkConfig } from "../src/config/index.ts";
import { decodeText } from "../src/config/read-file.ts";
import type { Diagnostic } from "../src/diagnostic.ts";
import { formatDiagnostics } from "../src/diagnostic.ts";
import { systemFiles } from "../src/edge/files.ts";
import type { Io } from "../src/edge/io.ts";
import { loadLibrary } from "../src/library/index.ts";
import type { Library } from "../src/model.ts";

const folder = join(import.meta.dirname, "diagnostics");
const rounds = 15;

let library: Library;
beforeAll(async () => {
  ({ library } = await loadLibrary({ files: systemFiles() } as Io, [join(folder, "library")]));
});

/** Repeats: a failure can be looked at again (MINSTD, Park and Miller 1988). */
const generator = (seed: number): ((below: number) => number) => {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
};

const pieces = [
  "\n",
  " ",
  "  ",
  ":",
  "- ",
  "{",
  "}",
  "[",
  "]",
  "&a ",
  "*a",
  "<<: *a",
  "\t",
  '"',
  "'",
  "#",
  "|",
  ">",
  "!!x ",
  "0",
  "yes",
  "~",
  "\u0000",
  "é",
  "%",
  "?",
  ",",
];

const mutate = (text: string, random: (below: number) => number): string => {
  const at = random(text.length + 1);
  const piece = pieces[random(pieces.length)] ?? "";
  switch (random(4)) {
    case 0:
      return text.slice(0, at) + piece + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + random(8));
    case 2:
      return text.slice(0, at) + piece + text.slice(at + 1);
    default: {
      const from = random(text.length + 1);
      return text.slice(0, at) + text.slice(from, from + random(40)) + text.slice(at);
    }
  }
};

const judge = (text: string): readonly Diagnostic[] => {
  const decoded = decodeText(new TextEncoder().encode(text), "cluster.yaml");
  return decoded.text === undefined
    ? decoded.diagnostics
    : checkConfig(decoded.text, "cluster.yaml", library).diagnostics;
};

// Those that take long to parse say nothing new here.
const originals = readdirSync(folder).filter((name) => name.endsWith(".yaml") && !/too-deep|alias-bomb/.test(name));

it.each(originals)(`%s, changed ${rounds} times`, (name) => {
  const random = generator(name.length * 7919 + name.charCodeAt(0));
  let text = readFileSync(join(folder, name), "utf8");
  for (let round = 0; round < rounds; round += 1) {
    text = mutate(round % 8 === 0 ? readFileSync(join(folder, name), "utf8") : text, random);
    const diagnostics = judge(text);
    const lines = text.split("\n").length;
    for (const { code, location } of diagnostics) {
      if (code === "yaml/empty") continue;
      expect(location, `${code} in ${JSON.stringify(text)}`).toBeDefined();
      expect(location?.line).toBeLessThanOrEqual(lines);
    }
    expect(formatDiagnostics(diagnostics, { color: false })).not.toContain("undefined");
  }
});
