// HTTP(S) GET with the limits that make an unreachable host an error within seconds.
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { ToolError } from "../diagnostic.ts";
import type { Network } from "./io.ts";

/** A host that has not begun to answer by then is taken as unreachable. */
const answerMilliseconds = 8_000;

const causeOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
};

const request = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Response> => {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new Error(`no answer within ${answerMilliseconds / 1000} s`)),
    answerMilliseconds,
  );
  try {
    const response = await fetch(url, { headers, redirect: "follow", signal: AbortSignal.any([late.signal, signal]) });
    if (response.status === 200) return response;
    throw new ToolError(`fetching ${url}`, {
      command: `curl -fL ${url}`,
      tail: `HTTP ${response.status} ${response.statusText}`,
    });
  } catch (error) {
    if (error instanceof ToolError) throw error;
    signal.throwIfAborted();
    throw new ToolError(`fetching ${url}`, { command: `curl -fL ${url}`, tail: causeOf(error), cause: error });
  } finally {
    clearTimeout(timer);
  }
};

export const systemNetwork = (signal: AbortSignal): Network => ({
  get: async (url, headers = {}) => new Uint8Array(await (await request(url, headers, signal)).arrayBuffer()),
  download: async (url, to, onBytes) => {
    const response = await request(url, {}, signal);
    let received = 0;
    const count = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        received += chunk.length;
        onBytes?.(received);
        yield chunk;
      }
    };
    if (response.body === null) throw new ToolError(`fetching ${url}`, { tail: "empty answer" });
    await pipeline(Readable.fromWeb(response.body as ReadableStream<Uint8Array>), count, createWriteStream(to), {
      signal,
    });
  },
});
