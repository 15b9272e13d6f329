// The program by which keepalived asks HAProxy for a sign of life, against a server that stands for it.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const program = fileURLToPath(new URL("../roles/haproxy/files/usr/lib/kimg/haproxy-answers", import.meta.url));

const run = (port: number): Promise<number> =>
  promisify(execFile)("bash", [program, String(port)]).then(
    () => 0,
    (error: unknown) => (error as { readonly code: number }).code,
  );

/** Its exit code; the server answers with this text, and not at all without one. */
const ask = async (answer?: string): Promise<number> => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => answer !== undefined && socket.end(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const code = await run(port);
  server.close();
  return code;
};

it("takes 200 for life, in whichever version of HTTP: HAProxy answers 1.0 with 1.1", async () => {
  expect(await ask("HTTP/1.1 200 OK\r\ncontent-length: 58\r\n\r\n")).toBe(0);
  expect(await ask("HTTP/1.0 200 OK\r\n\r\n")).toBe(0);
});

it("takes another answer, silence and a closed port for death", async () => {
  expect(await ask("HTTP/1.1 503 Service Unavailable\r\n\r\n")).toBe(1);
  expect(await ask()).not.toBe(0);
  expect(await run(1)).toBe(1);
});
