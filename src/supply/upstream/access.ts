// How one run asks upstream: every host is tried before the first question, and a question is repeated where that can help. Owns
// no knowledge of what is asked for.
import { setTimeout as pause } from "node:timers/promises";
import { ToolError } from "../../diagnostic.ts";
import type { Cache } from "../../edge/cache.ts";
import type { Answer, Io } from "../../edge/io.ts";
import { checkHosts, otherWays, throughMirror } from "./hosts.ts";

export interface Access {
  readonly io: Io;
  readonly cache: Cache;
  /** Resolves when all hosts of this run have answered; rejects with ToolError when one does not. Asks them at the first call only. */
  readonly ready: () => Promise<void>;
  /** Whether `ready` was called: false as long as the cache has had everything. */
  readonly asked: () => boolean;
  /** The URL at which one of upstream's is asked for: itself, or what stands in its place. */
  readonly at: (url: string) => string;
  /** GET of one of upstream's URLs; any status. */
  readonly open: (url: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
}

/** `urls`: something small at every host that this run may ask. */
export const openAccess = (io: Io, cache: Cache, urls: readonly string[]): Access => {
  let reached: Promise<void> | undefined;
  const at = (url: string): string => throughMirror(url, io.environment);
  return {
    io,
    cache,
    ready: () => (reached ??= checkHosts(io, urls)),
    asked: () => reached !== undefined,
    at,
    // Digests are of the bytes as published, not as compressed on the way.
    open: (url, headers = {}) => io.network.open(at(url), { "accept-encoding": "identity", ...headers }),
  };
};

/** A host answered, but not with what was asked for. */
export class AnswerError extends ToolError {
  constructor(
    url: string,
    tail: string,
    /** Whether asking again may help. */
    readonly mayPass: boolean,
    /** HTTP's. */
    readonly status = 200,
  ) {
    super(`fetching ${url}`, { command: `curl -fL '${url}'`, tail, hint: otherWays });
  }
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-15: the others of 4xx say that asking again would bring the same. */
const passingStatus = (status: number): boolean => status >= 500 || status === 408 || status === 429;

export const statusError = (url: string, status: number): AnswerError =>
  new AnswerError(url, `HTTP ${status}`, passingStatus(status), status);

/** Milliseconds before the second and the third try. */
const pauses = [250, 1000];

/** The result of `attempt`, which is tried again when the network, or the host for a moment, failed it. */
export const patiently = async <T>(access: Access, attempt: () => Promise<T>): Promise<T> => {
  await access.ready();
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ToolError) || (error instanceof AnswerError && !error.mayPass)) throw error;
      const milliseconds = pauses[tries];
      if (milliseconds === undefined) throw new ToolError(error.doing, { hint: otherWays, ...error.details });
      await pause(milliseconds, undefined, { signal: access.io.signal });
    }
  }
};
