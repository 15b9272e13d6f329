// How commands say figures to people.
import { visible } from "../diagnostic.ts";

/** Binary units, three significant digits: `612 MiB`. */
export const formatSize = (bytes: number): string => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? String(value) : value.toPrecision(3)} ${units[unit]}`;
};

/** Rows with their columns aligned, two spaces between. */
export const formatTable = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
};

/** Text with words of others in it, such as names of files: nothing in it that a terminal acts on but line breaks. */
export const printable = (text: string): string => text.split("\n").map(visible).join("\n");
