// The completion scripts in the shells that they are for, of Debian 12 and 13, each asked as a key would ask it; and the man page, read
// by those who complain.
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { names } from "../../src/commands/names.ts";
import { shippedFolder } from "../../src/content.ts";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { nameKinds } from "../../src/help/completion/candidates.ts";
import { type Shell, completions } from "../../src/help/completion/index.ts";
import { describeProgram } from "../../src/program.ts";
import { sandboxed } from "../../src/tools/sandbox.ts";
import { type ToolsTree, toolsTree } from "../../src/tools/tools.ts";

const io = systemIo(startProgress("lines"), new AbortController().signal);
const cache = openCache(io, cacheFolder(io.environment));
const packages = ["bash", "zsh", "fish", "libc-bin", "mandoc", "man-db", "groff"];
let work: string;

/** Node.js is not in the tree: what the real `kimg names` says is asked beforehand. */
const fakeKimg = `#!/bin/sh
[ "$1" = names ] && [ "$3" = -- ] && cat "/tmp/names/$2"
`;

const example = join(shippedFolder, "examples/highly-available/cluster.yaml");
const nodes = ["cp1", "cp2", "cp3", "lb1", "lb2", "workers"];

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "kimg-completion-"));
  for (const shell of Object.keys(completions) as Shell[]) {
    await writeFile(join(work, `kimg.${shell}`), completions[shell](describeProgram().tree));
  }
  await writeFile(join(work, "setup.zsh"), zshSetup);
  await mkdir(join(work, "names"));
  for (const kind of nameKinds) {
    const text = await names(io, { kind, words: ["replace", example], verbs: describeProgram().verbs });
    await writeFile(join(work, "names", kind), `${text}\n`);
  }
  await mkdir(join(work, "bin"));
  await writeFile(join(work, "bin/kimg"), fakeKimg);
  await chmod(join(work, "bin/kimg"), 0o755);
  await mkdir(join(work, "place/my folder"), { recursive: true });
  await writeFile(join(work, "place/prod.yaml"), "");
});
afterAll(() => rm(work, { recursive: true, force: true }));

/** Prints what bash would offer for a line with the cursor at its end. */
const askBash = `
source /tmp/kimg.bash
compopt() { :; }
line=$1
read -r -a COMP_WORDS <<<"\${line//=/ = }"
[[ $line == *" " || $line == *= ]] && COMP_WORDS+=("")
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)) COMP_LINE=$line
_kimg
printf '%s\\n' "\${COMPREPLY[@]}"
`;

/** zsh completes in its line editor only: one in a terminal of its own is sent the line and a key that prints what there is. */
const zshSetup = `
PS1=
unset zle_bracketed_paste
autoload -U compinit
compinit -D -u
source /tmp/kimg.zsh
list-all() {
  local -a listed
  compadd() { local -a matching; builtin compadd -A matching "$@"; listed+=($matching); builtin compadd "$@"; }
  _main_complete
  print -r -- "<<\${(j:|:)\${(@u)listed}}>>"
  unfunction compadd
  compstate[insert]=
  compstate[list]=
}
zle -C list-all complete-word list-all
bindkey "^X" list-all
print -r -- ready
`;

const askZsh = `
zmodload zsh/zpty
zpty shell zsh -f -i
hear() { local got; while zpty -r shell got '*'"$1"'*'; do [[ $got == *"$1"* ]] && { print -r -- "$got"; return; }; done; }
zpty -w shell 'source /tmp/setup.zsh'
hear ready >/dev/null
zpty -w -n shell "$1"$'\\x18'
hear '>>'
zpty -d shell
`;

const offered: Readonly<Record<Shell, (text: string) => readonly string[]>> = {
  bash: (text) => text.split("\n"),
  // A description follows a tab.
  fish: (text) => text.split("\n").map((line) => line.split("\t", 1)[0] ?? ""),
  zsh: (text) => (/<<([^]*)>>/.exec(text)?.[1] ?? "").split("|"),
};

describe.each(["bookworm", "trixie"])("shells of Debian's %s", (suite) => {
  let tree: ToolsTree;
  beforeAll(async () => {
    tree = await toolsTree(io, cache, { suite, packages });
  });

  const run = (argv: readonly [string, ...string[]]) =>
    io.processes.run(
      sandboxed(io, tree, {
        doing: "completing",
        argv,
        binds: [
          ...[...Object.keys(completions).map((shell) => `kimg.${shell}`), "setup.zsh", "names", "bin", "place"].map(
            (name) => ({
              from: join(work, name),
              to: `/tmp/${name}`,
            }),
          ),
          { from: join(shippedFolder, "man"), to: "/tmp/man" },
        ],
        folder: "/tmp/place",
        environment: { PATH: "/tmp/bin:/usr/sbin:/usr/bin:/sbin:/bin", TERM: "dumb" },
        accept: Array.from({ length: 256 }, (_, code) => code),
      }),
    );

  const ask = async (shell: Shell, line: string): Promise<readonly string[]> => {
    const scripts = {
      bash: ["bash", "-c", askBash, "bash", line],
      zsh: ["zsh", "-f", "-c", askZsh, "zsh", line],
      fish: ["fish", "--no-config", "-c", "source /tmp/kimg.fish; complete -C $argv[1]", line],
    } as const;
    const { stdout, stderr } = await run(scripts[shell]);
    expect(stderr, line).toBe("");
    return offered[shell](stdout.trimEnd())
      .map((each) => each.replace(/[ /]$/, "").replaceAll("\\", ""))
      .filter((each) => each !== "")
      .toSorted();
  };

  describe.each(["bash", "zsh", "fish"] as const)("%s", (shell) => {
    const verbs = describeProgram().tree.commands.map(({ verb }) => verb);

    it("loads without a word", async () => {
      const flags = { bash: ["-n"], zsh: ["-n"], fish: ["--no-execute"] }[shell];
      expect(await run([shell, ...flags, `/tmp/kimg.${shell}`])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    });

    it.each([
      ["kimg ", verbs.toSorted()],
      ["kimg re", ["recover", "render", "replace"]],
      ["kimg --quiet se", ["seal", "secrets"]],
      ["kimg mirror ", ["create"]],
      ["kimg cache ", ["prune", "show"]],
      ["kimg check --format ", ["github", "json", "text"]],
      ["kimg build --format q", ["qcow2"]],
      ["kimg build --from ", ["mirror", "modules", "upstream"]],
      ["kimg replace ", nodes],
      ["kimg replace cp", ["cp1", "cp2", "cp3"]],
      ["kimg token --ttl 1h --node w", ["workers"]],
      ["kimg build --role ", ["base", "haproxy", "master-init", "master-join", "worker"]],
      ["kimg build --role worker --image ", ["debian-12", "debian-13"]],
      ["kimg completion ", ["bash", "fish", "zsh"]],
      ["kimg secrets --rotate w", ["worker-token"]],
      ["kimg boot --until j", ["joined"]],
      ["kimg boot --seed ", ["my folder", "prod.yaml"]],
      ["kimg packer --builder vs", ["vsphere-clone", "vsphere-iso"]],
      ["kimg build --kubernetes 1.37", ["1.37.2"]],
      ["kimg render --node cp", ["cp1", "cp2", "cp3"]],
      ["kimg explain lb", nodes.filter((name) => name.startsWith("lb"))],
      ["kimg help exit", ["exit-codes"]],
      ["kimg help node/unknown-", ["node/unknown-image", "node/unknown-role"]],
      ["kimg check ", ["my folder", "prod.yaml"]],
      ["kimg replace cp1 p", ["prod.yaml"]],
      ["kimg render --output ", ["my folder"]],
      ["kimg kubeconfig --user ", []],
    ])("%s", async (line, expected) => {
      expect(await ask(shell, line)).toEqual(expected);
    });

    it("offers each option of a command, and no other", async () => {
      expect(await ask(shell, "kimg seal --")).toEqual([
        ...["--dry-run", "--help", "--json", "--library", "--output"],
        ...["--passphrase-file", "--quiet", "--secrets", "--yes"],
      ]);
    });
  });

  it("the man page has nothing that mandoc or groff would warn of", async () => {
    expect(await run(["mandoc", "-T", "lint", "-W", "style", "/tmp/man/kimg.1"])).toMatchObject({ stdout: "" });
    const read = await run([
      "sh",
      "-c",
      "MANROFFSEQ= man --warnings=all -E UTF-8 -l -Tutf8 -Z /tmp/man/kimg.1 >/dev/null",
    ]);
    expect(read).toMatchObject({ code: 0, stderr: "" });
  });

  it("mandoc shows every command with its options", async () => {
    const { stdout } = await run(["mandoc", "-T", "ascii", "-O", "width=200", "/tmp/man/kimg.1"]);
    const text = stdout.split(/.[\b]/).join("");
    expect(text).toContain("kimg replace [options] <node> [cluster.yaml]");
    expect(text).toContain("--passphrase-file <file>");
    expect(text).toContain("EXIT STATUS");
  });
});
