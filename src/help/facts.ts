// Exit codes, environment variables and the JSON of what is refused, for `kimg --help`, the man page and docs/cli.md. Tests hold them against the code.

/** [code, short, meaning]. */
export const exitCodeFacts = [
  [0, "done", "Done."],
  [
    1,
    "input refused, or the answer is no",
    "The input was refused: every complaint has been printed. Or the answer is no: `kimg status` finds the cluster not healthy, `kimg diff` and `kimg render --diff` differences, `kimg doctor` something missing, and `kimg boot` has not seen what it waited for.",
  ],
  [2, "wrong use", "The command line was wrong."],
  [3, "a program or host failed", "A program that kimg called, a host that it asked, or the file system failed."],
  [70, "a bug in kimg", "A bug in kimg: please report what was printed."],
  [
    130,
    "stopped",
    "Stopped by Ctrl-C, SIGTERM or SIGHUP. Nothing is left half done: the next call goes on from what is finished.",
  ],
] as const satisfies readonly (readonly [number, string, string])[];

/** Those of the user's environment that kimg itself reads. */
export const environmentFacts = {
  KIMG_CACHE: "Folder of what is kept of earlier work; `$XDG_CACHE_HOME/kimg` or `~/.cache/kimg` when not set.",
  KIMG_CACHE_LIMIT:
    "How large the cache may become, such as `20G`; `40G` when not set. Also what `kimg cache prune` prunes to.",
  KIMG_PASSPHRASE: "The passphrase of the secrets file. `--passphrase-file` comes before it.",
  KIMG_DEBIAN_MIRROR: "URL of a mirror of Debian's archive, below which `debian` and `debian-security` are.",
  KIMG_UPSTREAM:
    "What is asked in upstream's place with `--from upstream`: pairs `HOST=URL`, separated by spaces or commas.",
  SOURCE_DATE_EPOCH: "Seconds since 1970 that every file of an image bears; 2025-01-01 when not set.",
  GOPROXY: "Go's own variables say where `--from modules` gets modules from.",
  SSL_CERT_FILE: "Certificate authorities for programs in the sandbox that reach the network.",
  NO_COLOR: "Set and not empty: no colours. They are shown on terminals only.",
} as const satisfies Readonly<Record<string, string>>;

/** Fields of what `--json` prints when a command is refused or fails. */
export const diagnosticFacts = {
  severity: "`error` or `warning`.",
  code: "`room/slug`; `kimg help CODE` explains it. `failure/…` is what is no matter of the input: see the exit code.",
  message: "What is wrong, for people.",
  hint: "How to mend it; lines are separated by `\\n`. Where there is something to say.",
  path: "Where in the document: `nodes[1].role`. Where it is known, as what follows.",
  file: "The document, as it was named.",
  "line, column, length": "The place in it: from 1, in characters.",
} as const satisfies Readonly<Record<string, string>>;
