import { describe, expect, it } from "vitest";
import { withScratch } from "../../tests/support/scratch.ts";
import { kubernetesVersions, readRelease } from "./releases.ts";

describe("the releases that kimg ships", () => {
  it("are listed newest first, the default among them", () =>
    withScratch(async ({ io }) => {
      const { default: preferred, supported } = await kubernetesVersions(io);
      expect(supported).toContain(preferred);
      expect(supported[0]).toBe("1.37.2");
      expect(new Set(supported.map((version) => version.split(".")[1]))).toEqual(new Set(["37", "36", "35", "34"]));
    }));

  it("refuse another version and name the nearest", () =>
    withScratch(async ({ io }) => {
      const refused = readRelease(io, "1.37.1");
      await expect(refused).rejects.toMatchObject({
        diagnostics: [
          { code: "kubernetes/unknown-version", message: expect.stringContaining("the nearest is 1.37.2") },
        ],
      });
    }));
});
