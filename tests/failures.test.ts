// docs/failures.md is the lab's cases in words: written by this test with KIMG_UPDATE=1, and compared in every other run.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { shippedFolder } from "../src/content.ts";
import { cases } from "./lab/cases/index.ts";
import type { Case } from "./lab/scene.ts";

const page = join(shippedFolder, "docs/failures.md");

const head = `# What happens when

Each row is a case of the lab: seven machines with upstream's own programs, to which it is done. \`npm run lab -- case NAME\` runs one,
\`npm run lab -- case all\` all of them; those with a dot are part of \`./test\`. [self-assembly.md](self-assembly.md) says why they end as they do, [operation.md](operation.md) what a person can do.

| case | what is done | what must come of it |
|---|---|---|
`;

const cell = (text: string): string => text.replaceAll("|", "\\|");

const folder = "tests/lab/cases";

/** Which file of the cases has it, by its name. */
const readPlaces = async (): Promise<(name: string) => string> => {
  const files = await readdir(join(shippedFolder, folder));
  const texts = await Promise.all(files.map((file) => readFile(join(shippedFolder, folder, file), "utf8")));
  return (name) => {
    const index = texts.findIndex((text) => text.includes(`  name: "${name}",\n`));
    if (index === -1) throw new Error(`no file of ${folder} has the case ${name}`);
    return `../${folder}/${files[index]}`;
  };
};

const written = async (): Promise<string> => {
  const placeOf = await readPlaces();
  const row = ({ name, does, endsIn, inTest }: Case): string =>
    `| ${inTest ? "● " : ""}[\`${name}\`](${placeOf(name)}) | ${cell(does)} | ${cell(endsIn)} |\n`;
  return head + cases.map(row).join("");
};

describe("docs/failures.md", () => {
  it("has a row for each case of the lab", async () => {
    const before = await readFile(page, "utf8").catch(() => "");
    if (process.env["KIMG_UPDATE"] === "1") await writeFile(page, await written());
    expect(before).toBe(await written());
  });

  it("has one row a name", () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });
});
