import { describe, expect, it } from "vitest";
import { builtName, compilerCommand, compilerEnvironment } from "./compiler-command.ts";
import type { Program } from "./components.ts";

const program = (more: Partial<Program>): Program => ({ module: "m/1", cgo: false, tags: [], stamp: {}, ...more });

const compiler = { suite: "trixie", packages: [], toolchain: "go1.26.10" };

describe("builtName", () => {
  it.each([
    ["k8s.io/kubernetes/cmd/kubelet", "kubelet"],
    ["go.etcd.io/etcd/server/v3", "server"],
    ["github.com/containerd/containerd/v2/cmd/ctr", "ctr"],
  ])("names %s as go build does", (path, name) => {
    expect(builtName(program({ package: path }))).toBe(name);
  });

  it("names a C program after its source", () => {
    expect(builtName(program({ c: { module: "m", source: "build/pause/linux/pause.c", flags: [] } }))).toBe("pause");
  });
});

describe("compilerCommand", () => {
  it("builds all programs of a batch in one call, stamped and stripped", () => {
    const stamp = { "a/b.Version": "v1" };
    const batch = [program({ package: "x/a", stamp }), program({ package: "x/b", stamp })] as const;
    const flags = ["-ldflags", "-s -w -X a/b.Version=v1"];
    expect(compilerCommand(batch)).toEqual(["go", "build", "-v", ...flags, "-o", "/out/", "x/a", "x/b"]);
  });

  it("links cgo programs statically", () => {
    const command = compilerCommand([program({ package: "x/a", cgo: true, tags: ["netgo", "seccomp"] })]);
    expect(command).toContain("-s -w -linkmode external -extldflags -static");
    expect(command.slice(3, 5)).toEqual(["-tags", "netgo,seccomp"]);
  });

  it("compiles C out of the pinned module", () => {
    const c = { module: "k8s.io/kubernetes", source: "build/pause.c", flags: ["-Os"] };
    const command = compilerCommand([program({ c })]);
    expect(command.slice(-4)).toEqual(["k8s.io/kubernetes", "build/pause.c", "/out/pause", "-Os"]);
    expect(command[3]).toContain("gcc -static");
  });
});

describe("compilerEnvironment", () => {
  it("pins the toolchain and keeps the host's settings out", () => {
    const environment = compilerEnvironment(compiler, program({}));
    expect(environment).toMatchObject({ GOTOOLCHAIN: "go1.26.10", GOENV: "off", GOWORK: "off", CGO_ENABLED: "0" });
    expect(environment["GOFLAGS"]).toContain("-mod=readonly");
  });

  it("never turns the checksum database off", () => {
    expect(Object.keys(compilerEnvironment(compiler, program({ cgo: true })))).not.toContain("GOSUMDB");
  });
});
