import { join } from "node:path";
import { expect, it } from "vitest";
import type { Artifact } from "../model.ts";
import { createProgram } from "../program.ts";
import { describeBuilt } from "./build.ts";

const name = "worker-debian-13-1.37.2-amd64";

const artifact = (kind: Artifact["kind"], path: string): Artifact => ({
  ...{ id: kind, kind, path, size: 2 ** 20, sha256: "0".repeat(64), purpose: "to boot" },
});

const described = (artifacts: readonly Artifact[]): string =>
  describeBuilt(
    [{ name, folder: join(process.cwd(), "build/images", name), artifacts, lock: [], unchanged: false }],
    [],
  );

it("says how an image is booted, in words that the command line takes", async () => {
  const lines = described([artifact("tar", "x.tar"), artifact("qcow2", "x.qcow2")]).split("\n");
  const command = lines.find((line) => line.startsWith("    kimg ")) ?? "";
  const calls: unknown[] = [];
  const program = createProgram(async (...call) => void calls.push(call.slice(0, 2)));
  await program.parseAsync(command.trim().split(" ").slice(1), { from: "user" });
  expect(calls).toEqual([["boot", [`build/images/${name}`]]]);
  expect(command).not.toMatch(/[<>]/);
});

it("says so only of what has a disk", () => {
  expect(described([artifact("tar", "x.tar")])).not.toContain("boot it");
});
