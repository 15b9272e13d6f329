// HTTP(S) GET, whose answer is handed on as it comes. Owns the limits that make a silent host an error within seconds, and the
// rules for redirects; must not judge a status.
import { ToolError } from "../diagnostic.ts";
import type { Answer, Network } from "./io.ts";
import { callOverTls } from "./tls-call.ts";

export interface Patience {
  /** A host that has not begun to answer by then is taken as unreachable. Milliseconds. */
  readonly answer: number;
  /** A body that has brought nothing for that long is taken as broken off. Milliseconds. */
  readonly silence: number;
}

const usual: Patience = { answer: 8_000, silence: 20_000 };

/** More than any of the hosts that kimg asks needs; a loop ends there. */
const mostRedirects = 10;

const redirectStatuses = new Set([301, 302, 303, 307, 308]);

const causeOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
};

const failed = (url: string, tail: string, cause?: unknown): ToolError =>
  new ToolError(`fetching ${url}`, { command: `curl -fL '${url}'`, tail, cause });

/** Rejects when `work` takes longer, and lets `abort` end it then. */
const within = async <T>(milliseconds: number, abort: AbortController, what: string, work: Promise<T>): Promise<T> => {
  const timer = setTimeout(() => abort.abort(new Error(`${what} within ${milliseconds / 1000} s`)), milliseconds);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Where a redirect leads. Never from HTTPS to plain HTTP: what TLS vouched for so far would be anybody's. Its query often holds a
 * signature, so that it is not shown.
 */
const nextHop = (url: string, at: URL, location: string): URL => {
  const next = new URL(location, at);
  if (at.protocol !== "https:" || next.protocol === "https:") return next;
  throw failed(url, `redirected from ${at.origin} to ${next.origin}, which is not encrypted`);
};

const followed = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Response> => {
  let at = new URL(url);
  let sent = { ...headers };
  for (let hop = 0; hop <= mostRedirects; hop += 1) {
    const response = await fetch(at, { headers: sent, redirect: "manual", signal });
    const location = response.headers.get("location");
    if (!redirectStatuses.has(response.status) || location === null) return response;
    await response.body?.cancel();
    const next = nextHop(url, at, location);
    // As the Fetch standard says: another origin must not see what was meant for this one.
    if (next.origin !== at.origin)
      sent = Object.fromEntries(Object.entries(sent).filter(([name]) => name !== "authorization"));
    at = next;
  }
  throw failed(url, `more than ${mostRedirects} redirects`);
};

const bodyOf = async function* (
  response: Response,
  abort: AbortController,
  silence: number,
): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await within(silence, abort, "nothing more came", reader.read());
      if (done) return;
      yield value as Uint8Array;
    }
  } finally {
    abort.abort();
  }
};

/** Rejects with ToolError when no answer begins in time; header names are in lower case. `signal` ends everything at once. */
export const openUrl = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  patience: Patience = usual,
): Promise<Answer> => {
  const abort = new AbortController();
  const explain = (error: unknown, prefix: string): unknown => {
    abort.abort();
    // The caller was stopped: that is no failure of the host.
    if (signal.aborted) return signal.reason;
    return error instanceof ToolError ? error : failed(url, `${prefix}${causeOf(error)}`, error);
  };
  const explained = async function* (body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw explain(error, "broke off: ");
    }
  };
  try {
    const request = followed(url, headers, AbortSignal.any([abort.signal, signal]));
    const response = await within(patience.answer, abort, "no answer", request);
    const body = explained(bodyOf(response, abort, patience.silence));
    return { status: response.status, headers: new Map(response.headers), body, close: () => abort.abort() };
  } catch (error) {
    throw explain(error, "");
  }
};

export const systemNetwork = (signal: AbortSignal): Network => ({
  open: (url, headers = {}) => openUrl(url, headers, signal),
  call: (call) => callOverTls(call, signal),
});
