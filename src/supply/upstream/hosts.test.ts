import { describe, expect, it } from "vitest";
import { UsageError } from "../../diagnostic.ts";
import { throughMirror } from "./hosts.ts";

const through = (url: string, mapping: string): string => throughMirror(url, { KIMG_UPSTREAM: mapping });

describe("throughMirror", () => {
  it("leaves a URL alone that nothing stands for", () => {
    expect(throughMirror("https://pkgs.k8s.io/x", {})).toBe("https://pkgs.k8s.io/x");
    expect(through("https://pkgs.k8s.io.example/x", "pkgs.k8s.io=https://m")).toBe("https://pkgs.k8s.io.example/x");
  });

  it("puts a base URL in a host's place", () => {
    expect(through("https://pkgs.k8s.io/core:/stable:/v1.37/deb/InRelease", "pkgs.k8s.io=https://m.example/k8s/")).toBe(
      "https://m.example/k8s/core:/stable:/v1.37/deb/InRelease",
    );
  });

  it("takes the longest match, so that a registry's mirror may be a folder of another registry", () => {
    const mapping = "registry.k8s.io=https://a, registry.k8s.io/v2=https://harbor.example/v2/k8s\nghcr.io=http://b";
    expect(through("https://registry.k8s.io/v2/pause/tags/list", mapping)).toBe(
      "https://harbor.example/v2/k8s/pause/tags/list",
    );
    expect(through("https://registry.k8s.io/token", mapping)).toBe("https://a/token");
    expect(through("https://ghcr.io/v2/", mapping)).toBe("http://b/v2/");
  });

  it.each([
    "pkgs.k8s.io",
    "=https://m",
    "pkgs.k8s.io=m.example",
    "pkgs.k8s.io=ftp://m",
    "https://pkgs.k8s.io=https://m",
  ])("refuses %s", (mapping) => {
    expect(() => through("https://pkgs.k8s.io/", mapping)).toThrow(UsageError);
  });

  it("refuses a password without showing it", () => {
    const mapping = "pkgs.k8s.io=https://user:hunter2@m.example";
    expect(() => through("https://pkgs.k8s.io/", mapping)).toThrow(
      new UsageError("KIMG_UPSTREAM: the URL for pkgs.k8s.io holds a user or password", "kimg sends no credentials"),
    );
  });
});
