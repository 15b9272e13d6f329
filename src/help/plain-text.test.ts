import { expect, it } from "vitest";
import { plainText, sectionOf, sections } from "./plain-text.ts";

const page = `# The page

<!-- Written by a program. -->

One \`word\` and **another**, see [the other](other.md)
and [RFC 1](https://example.org/1).

\`\`\`sh
kimg  check
\`\`\`

## A table

| key | type | |
|---|---|---|
| \`a\` | text | What \`a\\|b\` is for. |
| b | | |

- one item that is long enough to be broken into two lines
- two
`;

it("drops Markdown's marks and keeps what is said", () => {
  expect(plainText(page, 40)).toBe(`The page
--------

One word and another, see the other and
RFC 1 (https://example.org/1).

    kimg  check

A table
-------

  a
    type: text
    What a|b is for.
  b

- one item that is long enough to be
  broken into two lines
- two`);
});

it("finds a section by its heading", () => {
  expect(sectionOf(page, "A table")).toMatch(/^## A table\n\n\| key/);
  expect(sectionOf(page, "The page")).not.toContain("A table");
  expect(sectionOf(page, "Another")).toBeUndefined();
});

it("does not take a comment in a fence for a heading", () => {
  const text = "# Page\n\n## One\n\n```sh\n# a comment\nkimg check\n```\n\n## Two\n";
  expect(sections(text).map(({ heading, level }) => [heading, level])).toEqual([
    ["Page", 1],
    ["One", 2],
    ["Two", 2],
  ]);
  expect(sectionOf(text, "One")).toContain("kimg check");
});
