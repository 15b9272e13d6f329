// How the compilers are called: pure. Programs come out static, without paths, times or version control in them.
import type { Compiler, Program } from "./components.ts";

/** Where a command finds its pinned module, Go's caches and the folder for its results. */
export const inside = { module: "/module", go: "/go", out: "/out" } as const;

/** What one call of the compiler can make together: the programs of one pinned module with the same settings. */
export type Batch = readonly [Program, ...Program[]];

/** `go build` names a program after the last element of its import path that is not a major version. */
const goName = (importPath: string): string =>
  importPath.split("/").findLast((element) => !/^v\d+$/.test(element)) ?? importPath;

/** The file name that the command gives a program. */
export const builtName = (program: Program): string =>
  program.c === undefined ? goName(program.package ?? "") : program.c.source.replace(/^.*\/|\.c$/g, "");

const linkerFlags = (program: Program): string =>
  [
    "-s",
    "-w",
    ...(program.cgo ? ["-linkmode", "external", "-extldflags", "-static"] : []),
    ...Object.entries(program.stamp).flatMap(([name, value]) => ["-X", `${name}=${value}`]),
  ].join(" ");

const goBuild = (batch: Batch): [string, ...string[]] => {
  const [{ tags }] = batch;
  const tagFlags = tags.length > 0 ? ["-tags", tags.join(",")] : [];
  const packages = batch.map((program) => program.package ?? "");
  return ["go", "build", "-v", ...tagFlags, "-ldflags", linkerFlags(batch[0]), "-o", `${inside.out}/`, ...packages];
};

const gccScript = `module=$1 source=$2 to=$3
shift 3
go mod download "$module"
exec gcc -static -s -Wl,--build-id=none "$@" -o "$to" "$(go list -m -f '{{.Dir}}' "$module")/$source"`;

const gcc = (program: Program): [string, ...string[]] => {
  const { module, source, flags } = program.c ?? { module: "", source: "", flags: [] };
  return ["sh", "-e", "-c", gccScript, "sh", module, source, `${inside.out}/${builtName(program)}`, ...flags];
};

export const compilerCommand = (batch: Batch): [string, ...string[]] =>
  batch[0].c === undefined ? goBuild(batch) : gcc(batch[0]);

/** https://pkg.go.dev/cmd/go#hdr-Environment_variables; what the caller may set is left to the sandbox. */
export const compilerEnvironment = (compiler: Compiler, program: Program): Record<string, string> => ({
  GOTOOLCHAIN: compiler.toolchain,
  // Settings of the host's user, and workspaces, would change what is built.
  GOENV: "off",
  GOWORK: "off",
  GOTELEMETRY: "off",
  GOAMD64: "v1",
  // Module folders stay writable so that an ordinary user can remove the cache; nobody changes them.
  GOFLAGS: "-mod=readonly -modcacherw -trimpath -buildvcs=false",
  GOPATH: inside.go,
  GOMODCACHE: `${inside.go}/mod`,
  GOCACHE: `${inside.go}/build`,
  CGO_ENABLED: program.cgo ? "1" : "0",
  CC: "gcc",
  // A host without certificates of its own gets Debian's.
  SSL_CERT_DIR: "/etc/ssl/certs:/usr/share/ca-certificates/mozilla",
});
