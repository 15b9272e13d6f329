import { describe, expect, it } from "vitest";
import { compareImages } from "./compare-images.ts";
import type { InspectedImage } from "./inspect.ts";
import type { FoundFile, RootFacts } from "./root-facts.ts";

const file = (more: Partial<FoundFile> = {}): FoundFile => ({
  ...{ kind: "file", mode: 0o644, owner: "0:0", size: 3, sha256: "a".repeat(64) },
  ...more,
});

const image = (root: Partial<RootFacts>, format: InspectedImage["format"] = "qcow2"): InspectedImage => ({
  ...{ kind: "image", format, fileSize: 1, diskSize: 1, partitions: [] },
  root: { os: "Debian", image: undefined, packages: {}, files: new Map(), ...root },
});

const withFiles = (files: Readonly<Record<string, FoundFile>>, format?: InspectedImage["format"]): InspectedImage =>
  image({ files: new Map(Object.entries(files)) }, format);

describe("two images", () => {
  it("are the same when all that is told of them is", () => {
    expect(compareImages(withFiles({ "/a": file() }), withFiles({ "/a": file() }))).toEqual([]);
  });

  it("differ in versions of packages", () => {
    expect(compareImages(image({ packages: { bash: "5.2-1" } }), image({ packages: { bash: "5.2-2" } }))).toEqual([
      { of: "packages", change: "changed", what: "bash", a: "5.2-1", b: "5.2-2" },
    ]);
  });

  it.each([
    [{ mode: 0o755 }, "0644", "0755"],
    [{ owner: "0:27" }, "0:0", "0:27"],
    [{ sha256: "b".repeat(64) }, "sha256:aaaaaaaaaaaa", "sha256:bbbbbbbbbbbb"],
    [{ size: 4, sha256: "b".repeat(64) }, "3 B sha256:aaaaaaaaaaaa", "4 B sha256:bbbbbbbbbbbb"],
  ] as const)("differ in a file's %j, and nothing else is said of it", (change, a, b) => {
    const differences = compareImages(withFiles({ "/a": file() }), withFiles({ "/a": file(change) }));
    expect(differences).toEqual([{ of: "files", change: "changed", what: "/a", a, b }]);
  });

  it("may be a disk and a tar: what only a disk has is no difference", () => {
    const link = { kind: "link", mode: 0o777, owner: "0:0", target: "usr/bin" } as const;
    const disk = withFiles({ "/lost+found": file({ kind: "folder" }), "/bin": { ...link, size: 7 } });
    expect(compareImages(disk, withFiles({ "/bin": { ...link, size: 0 } }, "tar"))).toEqual([]);
    expect(compareImages(disk, withFiles({ "/bin": { ...link, size: 7 } }))).toHaveLength(1);
  });
});
