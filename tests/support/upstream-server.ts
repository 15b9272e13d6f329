// Upstream's hosts on this machine: one server on the loopback interface that answers `/<host>/<path>` as that host would, with the
// faults that a test asks for. What is published is put together in upstream-server-content.ts.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** URL without its scheme → content. */
export type Pages = Map<string, Uint8Array>;

type Fault =
  | { readonly kind: "status"; readonly status: number }
  /** The connection ends after half of the body. */
  | { readonly kind: "truncated" }
  /** Half of the body, as if it were all. */
  | { readonly kind: "shortened" }
  /** `to` is a whole URL. */
  | { readonly kind: "redirect"; readonly to: string };

export interface UpstreamServer {
  /** Without a slash at its end. */
  readonly url: string;
  /** For `Io.environment`: leads to this server for every host that has a page, and to a closed port for all others. */
  readonly environment: Record<string, string>;
  readonly pages: Pages;
  /** Page → the faults of its next answers, in order; `always` holds those of every answer. */
  readonly faults: Map<string, Fault[]>;
  readonly always: Map<string, Fault>;
  /** Hosts that answer only with a token, which anybody is given. */
  readonly wantTokens: Set<string>;
  /** Pages asked for, in order, and the `authorization` that came with each. */
  readonly requests: string[];
  readonly authorizations: (string | undefined)[];
}

const hostOf = (page: string): string => page.slice(0, page.indexOf("/"));

/** https://distribution.github.io/distribution/spec/auth/token/ */
const challenge = (server: UpstreamServer, page: string): string => {
  const [, repository = ""] = /\/v2\/(.*)\/(?:manifests|blobs|tags)\//.exec(page) ?? [];
  const realm = `${server.url}/${hostOf(page)}/token`;
  return `Bearer realm="${realm}",service="${hostOf(page)}",scope="repository:${repository}:pull"`;
};

const giveToken = (response: ServerResponse, query: URLSearchParams): void =>
  void response.writeHead(200).end(JSON.stringify({ token: `for ${query.get("service")} ${query.get("scope")}` }));

const hasToken = (request: IncomingMessage, server: UpstreamServer, page: string): boolean => {
  const [, service, scope] = /service="(.*)",scope="(.*)"/.exec(challenge(server, page)) ?? [];
  return request.headers.authorization === `Bearer for ${service} ${scope}`;
};

const sendFaulty = (server: UpstreamServer, response: ServerResponse, content: Uint8Array, fault: Fault): void => {
  const half = content.subarray(0, Math.floor(content.length / 2));
  if (fault.kind === "status") response.writeHead(fault.status).end();
  if (fault.kind === "shortened") response.writeHead(200).end(half);
  if (fault.kind === "redirect") response.writeHead(307, { location: fault.to }).end();
  if (fault.kind === "truncated") {
    response.writeHead(200, { "content-length": content.length });
    response.write(half, () => response.destroy());
  }
};

const respond = (server: UpstreamServer, request: IncomingMessage, response: ServerResponse): void => {
  const url = new URL(request.url ?? "/", server.url);
  const page = decodeURIComponent(url.pathname.slice(1));
  server.requests.push(page);
  server.authorizations.push(request.headers.authorization);
  if (page.endsWith("/token")) return giveToken(response, url.searchParams);
  if (server.wantTokens.has(hostOf(page)) && !hasToken(request, server, page)) {
    return void response.writeHead(401, { "www-authenticate": challenge(server, page) }).end();
  }
  const content = server.pages.get(page);
  const fault = server.faults.get(page)?.shift() ?? server.always.get(page);
  if (fault !== undefined) return sendFaulty(server, response, content ?? new Uint8Array(), fault);
  response.writeHead(content === undefined ? 404 : 200).end(content);
};

/** A port of compressnet, which nobody runs. */
const closed = "http://127.0.0.1:2";

const hosts = ["pkgs.k8s.io", "github.com", "registry.k8s.io", "ghcr.io"];

/** Runs `use` with a server that has these pages, and ends it afterwards. */
export const withUpstreamServer = async (
  pages: Pages,
  use: (server: UpstreamServer) => Promise<void>,
): Promise<void> => {
  const http = createServer((request, response) => respond(server, request, response));
  await new Promise<void>((listening) => http.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const published = (host: string): boolean => [...pages.keys()].some((page) => hostOf(page) === host);
  const server: UpstreamServer = {
    url,
    get environment() {
      const mapped = hosts.map((host) => `${host}=${published(host) ? `${url}/${host}` : closed}`);
      return { KIMG_UPSTREAM: mapped.join(" ") };
    },
    pages,
    faults: new Map(),
    always: new Map(),
    wantTokens: new Set(),
    requests: [],
    authorizations: [],
  };
  try {
    await use(server);
  } finally {
    http.closeAllConnections();
    await new Promise((ended) => http.close(ended));
  }
};
