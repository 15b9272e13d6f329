import { expect, test } from "vitest";
import type { LockEntry } from "../../model.ts";
import { sandboxImage } from "./image-description.ts";

const entry = (kind: LockEntry["kind"], name: string, version: string): LockEntry => ({
  kind,
  name,
  version,
  source: "",
  sha256: "",
});

test("the sandbox image is the one called pause, whatever its registry", () => {
  const lock = [
    entry("package", "pause", "1"),
    entry("container-image", "registry.k8s.io/kube-proxy", "v1.37.2"),
    entry("container-image", "mirror.example/k8s/pause", "3.10.2"),
  ];
  expect(sandboxImage(lock)).toBe("mirror.example/k8s/pause:3.10.2");
  expect(sandboxImage(lock.slice(0, 2))).toBeUndefined();
});
