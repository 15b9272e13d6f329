// One HTTPS request with a client certificate. Owns whom it trusts, how long it waits, and what kind of failure a failure is; must not
// judge a status.
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import type { PeerCertificate, TLSSocket } from "node:tls";
import type { TlsAnswer, TlsCall, TlsFailure } from "./io.ts";

const usualPatience = 8_000;

/** Bytes. A list of 500 nodes takes some 10 MiB. */
const largestBody = 64 * 2 ** 20;

/** Of Node's `code`s of TLS, those that say the host's certificate is not what was asked for (nodejs.org, tls, X509 certificate error codes). */
const untrustedCodes =
  /^(?:CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT_ALTNAME_INVALID|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|ERROR_IN_CERT_)/;

const unreachableCodes =
  /^(?:ECONNREFUSED|ECONNRESET|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EADDRNOTAVAIL|EPIPE)$/;

const silent = (patience: number): TlsFailure => ({
  kind: "unreachable",
  message: `no answer within ${patience / 1000} s`,
});

/** Several addresses of one name fail together: the first failure is told. */
const single = (error: unknown): unknown => (error instanceof AggregateError ? (error.errors[0] as unknown) : error);

const failureOf = (error: unknown): TlsFailure => {
  const first = single(error);
  const code = first instanceof Error && "code" in first ? String(first.code) : "";
  const message = first instanceof Error ? first.message : String(first);
  if (untrustedCodes.test(code)) return { kind: "untrusted", message };
  return { kind: unreachableCodes.test(code) ? "unreachable" : "broken", message };
};

const readBody = async (response: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody) throw new Error(`the answer has more than ${largestBody / 2 ** 20} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};

const headersOf = (body: string | undefined): Record<string, string> => ({
  accept: "application/json",
  ...(body === undefined
    ? {}
    : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }),
});

const optionsOf = (call: TlsCall, signal: AbortSignal, patience: number) => ({
  method: call.method,
  ca: call.authority,
  cert: call.certificate,
  key: call.key,
  ...(call.serverName === undefined ? {} : { servername: call.serverName }),
  // Said, because the environment (NODE_TLS_REJECT_UNAUTHORIZED) could say otherwise.
  rejectUnauthorized: true,
  minVersion: "TLSv1.2" as const,
  // A connection of its own: which host answers may differ from call to call.
  agent: false as const,
  headers: headersOf(call.body),
  timeout: patience,
  signal,
});

const exchange = (call: TlsCall, signal: AbortSignal, patience: number): Promise<TlsAnswer | TlsFailure> =>
  new Promise((settle, reject) => {
    let connected = false;
    const failed = (failure: TlsFailure): void => settle(connected ? { ...failure, connected } : failure);
    const fail = (error: unknown): void => failed(failureOf(error));
    const asked = request(call.url, optionsOf(call, signal, patience), (response) => {
      const peer: Partial<PeerCertificate> = (response.socket as TLSSocket).getPeerCertificate();
      readBody(response).then(
        (body) =>
          settle({
            kind: "answer",
            status: response.statusCode ?? 0,
            body,
            certificateEnds: new Date(peer.valid_to ?? Number.NaN),
          }),
        fail,
      );
    });
    asked.on("socket", (socket) => socket.once("connect", () => (connected = true)));
    asked.on("timeout", () => {
      failed(silent(patience));
      asked.destroy();
    });
    asked.on("error", (error) => (signal.aborted ? reject(signal.reason as Error) : fail(error)));
    asked.end(call.body);
  });

/** Rejects only with the reason of `signal`. */
export const callOverTls = async (call: TlsCall, signal: AbortSignal): Promise<TlsAnswer | TlsFailure> => {
  signal.throwIfAborted();
  const result = await exchange(call, signal, call.patience ?? usualPatience);
  signal.throwIfAborted();
  return result;
};
