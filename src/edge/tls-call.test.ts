import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { createServer as createPlainServer, type AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { serverCertificate } from "../../tests/support/server-certificate.ts";
import { issueClientCertificate, makeAuthority } from "../secrets/authority.ts";
import type { TlsCall } from "./io.ts";
import { callOverTls } from "./tls-call.ts";

const never = new AbortController().signal;
const world = { random: (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)), now: () => new Date() };
const authority = await makeAuthority(world, "kubernetes");
const stranger = await makeAuthority(world, "kubernetes");
const certificateEnds = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000);
const identity = { user: "kimg", groups: ["admins"], lifetimeMilliseconds: 60_000 };
const client = await issueClientCertificate(world, authority, identity);

let server: Server;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

/** As strict as etcd: whoever shows no certificate of the authority gets no answer. */
const listen = async (names: readonly string[]): Promise<void> => {
  const own = await serverCertificate(authority, names, certificateEnds);
  const strict = { ca: authority.certificate, requestCert: true, rejectUnauthorized: true };
  server = createServer({ ...own, ...strict }, (request, response) => answer(request, response));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

beforeEach(async () => {
  answer = (_request, response) => response.end("{}");
  await listen(["127.0.0.1", "kubernetes"]);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((ended) => server.close(ended));
});

const call = (more: Partial<TlsCall> = {}, signal: AbortSignal = never) => {
  const { certificate, key } = client;
  const trust = { authority: authority.certificate, certificate, key };
  return callOverTls({ method: "GET", url: `${url}/x`, patience: 2_000, ...trust, ...more }, signal);
};

describe("a call over TLS", () => {
  it("shows who asks, and hands on what is answered", async () => {
    answer = (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      response.writeHead(418).end(JSON.stringify({ method: request.method, CN: subject.CN, O: subject.O }));
    };
    const body = '{"method":"GET","CN":"kimg","O":"admins"}';
    expect(await call()).toEqual({ kind: "answer", status: 418, body, certificateEnds });
  });

  it("sends a body as JSON", async () => {
    answer = (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => response.end(`${request.headers["content-type"]} ${Buffer.concat(chunks).toString()}`));
    };
    const sent = await call({ method: "POST", body: '{"é":1}' });
    expect(sent).toMatchObject({ status: 200, body: 'application/json {"é":1}' });
  });

  it("follows no redirect", async () => {
    answer = (_request, response) => response.writeHead(302, { location: "https://127.0.0.1:1/" }).end();
    expect(await call()).toMatchObject({ kind: "answer", status: 302 });
  });

  it("trusts the given authority alone, whatever the environment says", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    expect(await call({ authority: stranger.certificate })).toMatchObject({ kind: "untrusted" });
  });

  it("wants the host's own name in the certificate, or the one that is given", async () => {
    const { port } = server.address() as AddressInfo;
    expect(await call({ url: `https://localhost:${port}/` })).toMatchObject({ kind: "untrusted" });
    expect(await call({ serverName: "kubernetes" })).toMatchObject({ kind: "answer" });
    expect(await call({ serverName: "other" })).toMatchObject({ kind: "untrusted" });
  });

  it("is refused with another authority's certificate", async () => {
    const other = await issueClientCertificate(world, stranger, identity);
    const refused = await call(other);
    expect(refused.kind).not.toBe("answer");
    expect(refused.kind).not.toBe("untrusted");
  });

  it("says within the time given that nobody answers", async () => {
    answer = () => {};
    const since = Date.now();
    expect(await call({ patience: 300 })).toEqual({
      kind: "unreachable",
      message: "no answer within 0.3 s",
      connected: true,
    });
    expect(Date.now() - since).toBeLessThan(2_000);
  });

  it("says that a body fell silent", async () => {
    answer = (_request, response) => void response.writeHead(200, { "content-length": 10 }).write("half");
    expect(await call({ patience: 300 })).toMatchObject({ kind: "unreachable" });
  });

  it("says that nobody listens", async () => {
    const refused = await call({ url: "https://127.0.0.1:2/" });
    expect(refused).toMatchObject({ kind: "unreachable", message: expect.stringContaining("ECONNREFUSED") as string });
    expect(refused).not.toHaveProperty("connected");
  });

  it("says that somebody took the connection, who never speaks", async () => {
    const mute = createPlainServer();
    await new Promise<void>((listening) => mute.listen(0, "127.0.0.1", listening));
    const { port } = mute.address() as AddressInfo;
    const silence = await call({ url: `https://127.0.0.1:${port}/`, patience: 300 });
    expect(silence).toMatchObject({ kind: "unreachable", connected: true });
    mute.close();
  });

  it("says that it is not TLS that is spoken", async () => {
    const plain = createPlainServer((socket) => socket.end("220 mail.example.org\r\n"));
    await new Promise<void>((listening) => plain.listen(0, "127.0.0.1", listening));
    const { port } = plain.address() as AddressInfo;
    expect(await call({ url: `https://127.0.0.1:${port}/` })).toMatchObject({ kind: "broken" });
    plain.close();
  });

  it("reads no answer without end", async () => {
    answer = (_request, response) => {
      const chunk = Buffer.alloc(1 << 20);
      const more = (): void => {
        while (response.write(chunk));
        response.once("drain", more);
      };
      more();
    };
    expect(await call()).toMatchObject({ kind: "broken", message: "the answer has more than 64 MiB" });
  });

  it("passes an interruption on as what it is", async () => {
    answer = () => {};
    const abort = new AbortController();
    const stopped = call({}, abort.signal);
    setTimeout(() => abort.abort(new Error("stopped")), 100);
    await expect(stopped).rejects.toThrow("stopped");
  });
});
