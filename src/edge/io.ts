// The outside world as the rest of kimg sees it: files, processes, network, clock, randomness, progress.
// Everything with an effect goes through here, so that a test can hand in another world and a dry run is a property of this one.
import type { Readable, Writable } from "node:stream";

export interface Io {
  readonly files: Files;
  readonly processes: Processes;
  readonly network: Network;
  readonly progress: Progress;
  readonly now: () => Date;
  /** Cryptographically secure. */
  readonly random: (bytes: number) => Uint8Array;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted on Ctrl-C, SIGTERM and SIGHUP: whoever waits must stop, clean up and let the error pass. */
  readonly signal: AbortSignal;
}

/** Places of bytes in a file, both of them part of it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface FileStatus {
  readonly kind: "file" | "directory" | "link" | "other";
  readonly size: number;
  readonly mode: number;
  readonly modified: Date;
}

/** All paths absolute or relative to the working directory. Errors are Node's own (`code: "ENOENT"` …). */
export interface Files {
  readonly read: (path: string) => Promise<Uint8Array>;
  readonly readText: (path: string) => Promise<string>;
  /** Undefined when there is nothing; links are not followed. */
  readonly status: (path: string) => Promise<FileStatus | undefined>;
  /** Absolute, with every link followed; undefined when there is nothing. */
  readonly realPath: (path: string) => Promise<string | undefined>;
  /** Names in a folder, sorted. */
  readonly list: (path: string) => Promise<readonly string[]>;
  /** Writes beside, fsyncs and renames: never half a file under its final name. Makes parent folders. */
  readonly write: (path: string, content: Uint8Array | string, mode?: number) => Promise<void>;
  /** Fails with EEXIST when the path exists. */
  readonly create: (path: string, content: Uint8Array | string, mode?: number) => Promise<void>;
  readonly makeFolder: (path: string) => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
  /** Recursive; no error when there is nothing. */
  readonly remove: (path: string) => Promise<void>;
  /** Hard link where possible, else a (reflinked) copy: for files that nobody writes to. */
  readonly copy: (from: string, to: string) => Promise<void>;
  /** A copy of its own, made beside and renamed, with this time of modification: for files that leave kimg's hands. */
  readonly publish: (from: string, to: string, modified: Date) => Promise<void>;
  readonly link: (target: string, path: string) => Promise<void>;
  /** Marks as used now: the cache prunes what was not used for longest. */
  readonly touch: (path: string) => Promise<void>;
  /** The whole file, or the bytes from `start` up to and with `end`. */
  readonly openRead: (path: string, range?: ByteRange) => Readable;
  readonly openWrite: (path: string) => Writable;
  /** A new private folder, removed by `remove`; `near` keeps it on the same file system. */
  readonly temporaryFolder: (near: string) => Promise<string>;
  /** Lower-case hex, and bytes. */
  readonly sha256: (path: string) => Promise<{ readonly sha256: string; readonly size: number }>;
  /** Waits until no other process holds it; released by calling the result, and by the end of this process. */
  readonly lock: (path: string, onWait: () => void) => Promise<() => Promise<void>>;
}

export interface Command {
  /** What it is for, as a gerund: "making the root file system". Used in errors. */
  readonly doing: string;
  readonly argv: readonly [string, ...string[]];
  readonly folder?: string;
  /** The whole environment of the child beside PATH, HOME and TMPDIR. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Names of the caller's own variables that the child sees too: never printed, for they may be secrets. */
  readonly inherit?: readonly string[];
  readonly input?: Uint8Array | string | Readable;
  /** Each line of stdout and stderr as it comes, for progress. */
  readonly onLine?: (line: string) => void;
  /** Exit codes taken as success; default `[0]`. */
  readonly accept?: readonly number[];
  readonly hint?: string;
  readonly ending?: Ending;
}

/** How one program is ended before it ends by itself; `run` then rejects with the signal's reason. */
export interface Ending {
  readonly signal: AbortSignal;
  /** What it gets: SIGTERM and some seconds to leave in good order, or SIGKILL, which nothing survives. */
  readonly by: "SIGTERM" | "SIGKILL";
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Processes {
  /** Runs in its own process group; ended with all its children on abort. Rejects with ToolError on failure or a missing program. */
  readonly run: (command: Command) => Promise<Finished>;
  /** Absolute path of a program on PATH (sbin folders included), or undefined. */
  readonly find: (program: string) => Promise<string | undefined>;
}

/** What a host answers, as it comes. */
export interface Answer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Read once; rejects with ToolError when it breaks off or falls silent. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the transfer: for a body that is not wanted. */
  readonly close: () => void;
}

export interface Network {
  /**
   * GET, whatever the status; follows redirects, but never from HTTPS to HTTP, and shows `authorization` to the first host only.
   * Rejects with ToolError when the host does not answer within seconds.
   */
  readonly open: (url: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
  /**
   * One request over TLS with a client certificate, of a host that must show one of the given authority. Follows no redirect. What the
   * host does is a result, whatever it is; rejects only when `signal` ends it.
   */
  readonly call: (call: TlsCall) => Promise<TlsAnswer | TlsFailure>;
}

export interface TlsCall {
  readonly method: "GET" | "POST" | "DELETE";
  /** https. */
  readonly url: string;
  readonly body?: string;
  /** PEM. No other authority is trusted, the system's neither. */
  readonly authority: string;
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  /** Name that the host's certificate must bear; the URL's host when not given. */
  readonly serverName?: string | undefined;
  /** Milliseconds of silence after which the host is taken as unreachable. */
  readonly patience?: number | undefined;
}

export interface TlsAnswer {
  readonly kind: "answer";
  readonly status: number;
  readonly body: string;
  /** End of the host's own certificate. */
  readonly certificateEnds: Date;
}

export interface TlsFailure {
  /** Nobody there or silent; somebody whose certificate is not trusted; broken off for another reason. */
  readonly kind: "unreachable" | "untrusted" | "broken";
  /** One line for people. */
  readonly message: string;
  /** Somebody took the connection before: a machine is there, or a proxy in its place. */
  readonly connected?: boolean;
}

/** Long work shows progress: stages with times on a terminal, lines elsewhere, nothing with --quiet, events with --json. */
export interface Progress {
  /** Runs `work` as a named stage. `detail` replaces the stage's running line; `reused` marks it as taken from the cache. */
  readonly stage: <T>(name: string, work: (stage: Stage) => Promise<T>) => Promise<T>;
  readonly note: (text: string) => void;
}

export interface Stage {
  readonly detail: (text: string) => void;
  readonly reused: () => void;
}
