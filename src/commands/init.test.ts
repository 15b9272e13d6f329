import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { withScratch } from "../../tests/support/scratch.ts";
import { check } from "./check.ts";
import { init } from "./init.ts";

it("writes a cluster.yaml that is right as it is, and never over another", () =>
  withScratch(async ({ io, folder }) => {
    const cluster = join(folder, "cluster.yaml");
    expect(JSON.parse(await init(io, { cluster, json: true }))).toEqual({ file: cluster });
    expect(await check(io, { cluster, libraries: [], format: "text" })).toContain("is right: cluster example");
    const before = await readFile(cluster, "utf8");
    await expect(init(io, { cluster })).rejects.toMatchObject({ diagnostics: [{ code: "file/exists" }] });
    expect(await readFile(cluster, "utf8")).toBe(before);
  }));
