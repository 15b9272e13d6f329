import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nameFromMachine } from "./pool-name.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kimg-pool-"));
  writeFileSync(join(folder, "machine-id"), "0123456789abcdef0123456789abcdef\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the bootcmd on a machine that has this host name; says the names that it set. */
const run = (pool: string, before: string): { readonly set: string; readonly file: string } => {
  const program = `#!/bin/sh\n[ $# = 0 ] && echo '${before}' || echo "$1" >${folder}/set\n`;
  writeFileSync(join(folder, "hostname"), program);
  chmodSync(join(folder, "hostname"), 0o755);
  const [shell = "", flag = "", script = ""] = nameFromMachine(pool) as readonly string[];
  const here = script.replace("/etc/machine-id", `${folder}/machine-id`).replace("/etc/hostname", `${folder}/name`);
  execFileSync(shell, [flag, here], { env: { PATH: `${folder}:${process.env["PATH"]}` } });
  const read = (name: string): string =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8").trim() : "";
  return { set: read("set"), file: read("name") };
};

describe("a machine of a pool", () => {
  it.each(["localhost", "localhost.localdomain", "debian", "(none)", ""])(
    "that is called %j takes the pool's name and its own id",
    (before) => {
      expect(run("workers", before)).toEqual({ set: "workers-0123456789ab", file: "workers-0123456789ab" });
    },
  );

  it.each(["ip-10-0-0-7", "node7.example.org"])("that its instance has called %j keeps its name", (before) => {
    expect(run("workers", before)).toEqual({ set: "", file: "" });
  });

  it("has no longer name than a host may have", () => {
    const { set } = run("p".repeat(63), "localhost");
    expect(set).toHaveLength(63);
    expect(set.endsWith("-0123456789ab")).toBe(true);
  });
});
