// docs/failures.md is the lab's cases in words: written by this test with KIMG_UPDATE=1, and compared in every other run.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { shippedFolder } from "../src/content.ts";
import { cases } from "./lab/cases/index.ts";

const page = join(shippedFolder, "docs/failures.md");

const head = `# What happens when

Each row is a case of the lab: seven machines with upstream's own programs, to which it is done. \`npm run lab -- case NAME\` runs one,
\`npm run lab -- case all\` all of them; those with a dot are part of \`./test\`. [self-assembly.md](self-assembly.md) says why they end as they do, [operation.md](operation.md) what a person can do.

| case | what is done | what must come of it |
|---|---|---|
`;

const cell = (text: string): string => text.replaceAll("|", "\\|");

const written = (): string =>
  head +
  cases
    .map(({ name, does, endsIn, inTest }) => `| ${inTest ? "● " : ""}\`${name}\` | ${cell(does)} | ${cell(endsIn)} |\n`)
    .join("");

describe("docs/failures.md", () => {
  it("has a row for each case of the lab", async () => {
    const before = await readFile(page, "utf8").catch(() => "");
    if (process.env["KIMG_UPDATE"] === "1") await writeFile(page, written());
    expect(before).toBe(written());
  });

  it("has one row a name", () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });
});
