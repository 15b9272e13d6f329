import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ToolError } from "../diagnostic.ts";
import { openUrl, type Patience } from "./network.ts";

const never = new AbortController().signal;
const hasty: Patience = { answer: 200, silence: 200 };

let server: Server;
let url: string;
/** Path → answer; a path that is not here is never answered. */
let answers: Record<string, (response: ServerResponse) => void>;

beforeEach(async () => {
  answers = {};
  server = createServer((request, response) => answers[request.url ?? ""]?.(response));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  vi.unstubAllGlobals();
  server.closeAllConnections();
  await new Promise((ended) => server.close(ended));
});

const textOf = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

describe("openUrl", () => {
  it("hands on status, headers and body as they are", async () => {
    answers["/teapot"] = (response) => response.writeHead(418, { "X-Kind": "black" }).end("short");
    const answer = await openUrl(`${url}/teapot`, {}, never);
    expect([answer.status, answer.headers.get("x-kind"), await textOf(answer.body)]).toEqual([418, "black", "short"]);
  });

  it("follows redirects", async () => {
    answers["/from"] = (response) => response.writeHead(302, { location: "/to" }).end();
    answers["/to"] = (response) => response.end("there");
    expect(await textOf((await openUrl(`${url}/from`, {}, never)).body)).toBe("there");
  });

  it("ends a loop of redirects", async () => {
    answers["/loop"] = (response) => response.writeHead(307, { location: "/loop" }).end();
    await expect(openUrl(`${url}/loop`, {}, never)).rejects.toMatchObject({
      details: { tail: "more than 10 redirects" },
    });
  });

  it("goes from HTTPS to nothing but HTTPS, and does not print a redirect's query", async () => {
    const location = "http://storage.example/blob?signature=secret";
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status: 307, headers: { location } })));
    const refused = openUrl("https://registry.example/v2/", {}, never);
    await expect(refused).rejects.toMatchObject({
      details: { tail: "redirected from https://registry.example to http://storage.example, which is not encrypted" },
    });
  });

  it("is an error within the time given when the host does not answer", async () => {
    await expect(openUrl(`${url}/silent`, {}, never, hasty)).rejects.toMatchObject({
      doing: `fetching ${url}/silent`,
      details: { tail: "no answer within 0.2 s" },
    });
  });

  it("is an error within the time given when a body falls silent", async () => {
    answers["/half"] = (response) => void response.writeHead(200, { "content-length": 10 }).write("half");
    const { body } = await openUrl(`${url}/half`, {}, never, hasty);
    await expect(textOf(body)).rejects.toMatchObject({
      details: { tail: "broke off: nothing more came within 0.2 s" },
    });
  });

  it("says why when nobody listens", async () => {
    const refused = openUrl("http://127.0.0.1:2/", {}, never);
    await expect(refused).rejects.toBeInstanceOf(ToolError);
    await expect(refused).rejects.toMatchObject({ details: { tail: expect.stringContaining("ECONNREFUSED") } });
  });

  it("passes an interruption on as what it is", async () => {
    const abort = new AbortController();
    const stopped = openUrl(`${url}/silent`, {}, abort.signal);
    abort.abort(new Error("stopped"));
    await expect(stopped).rejects.toThrow("stopped");
    await expect(stopped).rejects.not.toBeInstanceOf(ToolError);
  });
});
