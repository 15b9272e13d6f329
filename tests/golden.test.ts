// Whole trees: what each cluster in tests/golden is rendered to. `KIMG_UPDATE=1` writes the trees anew and fails all the same, so that an
// update is looked at before it counts.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { comparable, difference, none, onDisk, write } from "./support/golden-tree.ts";
import { goldenCases, goldenFolder, renderGolden } from "./support/render-case.ts";

describe.each(goldenCases)("%s", (name) => {
  it("is rendered to its golden tree", async () => {
    const folder = join(goldenFolder, name, "expected");
    const made = comparable(await renderGolden(name));
    const golden = await onDisk(folder);
    const found = difference(made, golden);
    if (process.env["KIMG_UPDATE"] === "1") await write(folder, made);
    expect(found).toEqual(none);
  });

  it("is the same again", async () => {
    const [first, second] = [await renderGolden(name), await renderGolden(name)];
    expect([...second.keys()]).toEqual([...first.keys()].toSorted());
    for (const [path, { bytes, mode }] of second) {
      expect(first.get(path)?.mode).toBe(mode);
      expect(Buffer.from(first.get(path)?.bytes ?? []).equals(bytes)).toBe(true);
    }
  });
});

describe("a golden tree", () => {
  const golden = new Map([
    ["same", "1"],
    ["changed", "2"],
    ["gone", "3"],
  ]);

  it("fails on files that are changed, missing and extra", () => {
    const made = new Map([
      ["same", "1"],
      ["changed", "other"],
      ["new", "4"],
    ]);
    expect(difference(made, golden)).toEqual({ changed: ["changed"], missing: ["gone"], extra: ["new"] });
  });
});
