// What kimg says of itself is what it is: generated pages are up to date, every code is made somewhere and every example is what is
// said there, exit codes and environment variables are those of the code.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { shippedFolder } from "../src/content.ts";
import { exitCodes } from "../src/failure.ts";
import { codeEntries } from "../src/help/code-reference.ts";
import { environmentFacts, exitCodeFacts } from "../src/help/facts.ts";
import { topics } from "../src/help/topics.ts";
import { codeExamples, generatedReference } from "./support/generated-reference.ts";

it.each([...generatedReference()])("%s is what the sources say (npm run reference)", (path, text) => {
  expect(readFileSync(join(shippedFolder, path), "utf8")).toBe(text);
});

const sources = readdirSync(join(shippedFolder, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !/^(?:codes|help)\//.test(name))
  .map((name) => readFileSync(join(shippedFolder, "src", name), "utf8"));

/** The files that make a code: by its whole name, or by its slug with the room given elsewhere in the file. */
const makers = (code: string): readonly string[] => {
  const [room = "", slug = ""] = code.split("/");
  const prefix = slug.replace(/[^-]+$/, "");
  return sources.filter(
    (text) =>
      text.includes(`"${code}"`) ||
      (text.includes(`\`${room}/\${`) && text.includes(`"${slug}"`)) ||
      (prefix !== "" && text.includes(`\`${room}/${prefix}\${`)),
  );
};

/** Two words that follow one another: most of a message's stand in the source as well, whatever comes from the input between them. */
const pairsOf = (message: string): readonly string[] => {
  const words = message.split(" ").map((word) => (/^[A-Za-z]+[,:;]?$/.test(word) ? word : undefined));
  return words.flatMap((word, index) => (index > 0 && word && words[index - 1] ? [`${words[index - 1]} ${word}`] : []));
};

describe("codes", () => {
  const examples = codeExamples();

  it.each(codeEntries())("%s is made somewhere", (code) => {
    expect(makers(code).length).toBeGreaterThan(0);
  });

  it.each(codeEntries())("%s has an example: a fixture's, or a message that the source has", (code, { example }) => {
    if (examples.has(code)) return expect(example, "the fixtures have one").toBeUndefined();
    const pairs = pairsOf((example ?? "").replace(/^warning: /, ""));
    const found = pairs.filter((pair) => sources.some((text) => text.includes(pair)));
    expect(found.length, example).toBeGreaterThanOrEqual(pairs.length / 2);
  });

  it("are explained in whole sentences", () => {
    for (const [code, { meaning, cure }] of codeEntries()) {
      expect(meaning, code).toMatch(/^(?:[A-Z`]|kimg |cloud-init |etcd |kubeadm ).*\.$/);
      expect(cure, code).toMatch(/^(?:[A-Z`]|kimg ).*\.$/);
    }
  });
});

it("names every exit code", () => {
  expect(exitCodeFacts.map(([code]) => code).filter((code) => code !== 0)).toEqual(Object.values(exitCodes));
});

it("names every variable of its own that is read", () => {
  const read = sources.flatMap((text) =>
    [...text.matchAll(/\["((?:KIMG_|SOURCE_DATE)[A-Z_]+)"\]/g)].map(([, name]) => name),
  );
  expect(new Set(Object.keys(environmentFacts))).toEqual(new Set([...read, "GOPROXY", "SSL_CERT_FILE", "NO_COLOR"]));
});

describe("topics", () => {
  const book = readFileSync(join(shippedFolder, "docs/README.md"), "utf8");
  const pages = readdirSync(join(shippedFolder, "docs")).filter((name) => name.endsWith(".md") && name !== "README.md");

  it.each(pages)(
    "%s is in the contents of the book, and a topic of kimg help but for the command line's own",
    (page) => {
      expect(book).toContain(`(${page})`);
      expect(topics.map((topic) => topic.page)).toContain(page);
    },
  );
});
