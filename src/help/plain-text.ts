// A page of docs/ for a terminal: Markdown without its marks. Knows as much of Markdown as those pages use. Pure.

/** Links as their text; the pages of this book by their names. */
const withoutMarks = (text: string): string =>
  text
    .replaceAll(/\[([^\]]*)\]\(([^)]*)\)/g, (_, words: string, target: string) =>
      /^https?:/.test(target) && words !== target ? `${words} (${target})` : words,
    )
    .replaceAll(/\*\*([^*]+)\*\*/g, "$1")
    .replaceAll(/`([^`]+)`/g, "$1");

const wrapped = (text: string, width: number, indent: string): string => {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((each) => each !== "")) {
    if (line !== "" && line.length + 1 + word.length > width - indent.length) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `${indent}${each}`.trimEnd()).join("\n");
};

const cellsOf = (row: string): readonly string[] =>
  row
    .slice(1, row.lastIndexOf("|"))
    .split(/(?<!\\)\|/)
    .map((cell) => withoutMarks(cell.trim().replaceAll(String.raw`\|`, "|")));

/** The first cell of a row, and the others below it: they are sentences. */
const formatRows = (rows: readonly string[], width: number): string => {
  const [head = "", ...body] = rows.filter((row) => !/^\|(?:\s*:?-+:?\s*\|)+$/.test(row));
  const names = cellsOf(head);
  return body
    .map((row) => {
      const [first = "", ...rest] = cellsOf(row);
      const below = rest.map((cell, index) => {
        const name = names[index + 1] ?? "";
        return cell === "" ? "" : wrapped(name === "" ? cell : `${name}: ${cell}`, width, "    ");
      });
      return [wrapped(first, width, "  "), ...below.filter((each) => each !== "")].join("\n");
    })
    .join("\n");
};

const formatBlock = (block: string, width: number): string => {
  const lines = block.split("\n");
  if (block.startsWith("#")) {
    const heading = withoutMarks(block.replace(/^#+ /, ""));
    return `${heading}\n${"-".repeat(heading.length)}`;
  }
  if (block.startsWith("|")) return formatRows(lines, width);
  if (!/^(?:[-*]|\d+\.) /.test(block)) return wrapped(withoutMarks(lines.join(" ")), width, "");
  const items = block.split(/\n(?=(?:[-*]|\d+\.) )/);
  return items.map((item) => wrapped(withoutMarks(item), width, "  ").replace(/^ {2}/, "")).join("\n");
};

/** `width`: where lines end; what stands in fences stays as it is. */
export const plainText = (markdown: string, width = 100): string => {
  const pieces = markdown.replaceAll(/<!--[^]*?-->\n?/g, "").split(/^```.*\n([^]*?)^```$/m);
  const formatted = pieces.flatMap((piece, index) => {
    if (index % 2 === 1) return [piece.trimEnd().replaceAll(/^(?=.)/gm, "    ")];
    const blocks = piece.replaceAll(/^(#+ .*)$/gm, "\n$1\n").split(/\n{2,}/);
    return blocks.filter((block) => block.trim() !== "").map((block) => formatBlock(block.trim(), width));
  });
  return formatted.join("\n\n");
};

export interface Section {
  readonly heading: string;
  /** 1 for the page's title. */
  readonly level: number;
  /** With the heading, up to the next of any level. */
  readonly markdown: string;
}

/** The parts of a page below its headings; a line of a fence that begins with `#` is none. */
export const sections = (markdown: string): readonly Section[] => {
  const found: { heading: string; level: number; lines: string[] }[] = [];
  let fenced = false;
  for (const line of markdown.split("\n")) {
    if (line.startsWith("```")) fenced = !fenced;
    const [, marks, heading] = (fenced ? null : /^(#+) (.*)$/.exec(line)) ?? [];
    if (marks !== undefined && heading !== undefined) found.push({ heading, level: marks.length, lines: [] });
    found.at(-1)?.lines.push(line);
  }
  return found.map(({ heading, level, lines }) => ({ heading, level, markdown: lines.join("\n") }));
};

/** The part of a page below its heading of this text. */
export const sectionOf = (markdown: string, heading: string): string | undefined =>
  sections(markdown).find((section) => section.heading === heading)?.markdown;
