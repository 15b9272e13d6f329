import { describe, expect, it } from "vitest";
import { clusterOf } from "../../tests/support/render-case.ts";
import { UsageError } from "../diagnostic.ts";
import { apiServerOf } from "./api-server.ts";

const ipv4 = await clusterOf(`version: 1
name: prod
endpoint: { host: 10.0.0.10, port: 8443 }
network: { nodes: 10.0.0.0/24 }
nodes:
  - { name: lb1, role: haproxy, address: 10.0.0.11 }
  - { name: cp1, role: master-init, address: 10.0.0.21 }
  - { name: w1, role: worker, address: 10.0.0.31 }
`);
const ipv6 = await clusterOf(`version: 1
name: prod
network: { nodes: "fd00:1::/64" }
nodes:
  - { name: cp1, role: master-init, address: "fd00:1::21" }
`);

describe("where the API is reached", () => {
  it("is the endpoint, when nothing else is said", () => {
    expect(apiServerOf(ipv4)).toEqual({ url: "https://10.0.0.10:8443", serverName: undefined });
    expect(apiServerOf(ipv6)).toEqual({ url: "https://[fd00:1::21]:6443", serverName: undefined });
  });

  it("is what was said, with its own name where the certificate has it", () => {
    expect(apiServerOf(ipv4, "https://10.0.0.21:6443")).toEqual({
      url: "https://10.0.0.21:6443",
      serverName: undefined,
    });
    expect(apiServerOf(ipv4, "https://10.0.0.11:6443/").serverName).toBeUndefined();
    expect(apiServerOf(ipv6, "https://[fd00:1:0::21]:6443").serverName).toBeUndefined();
  });

  it("asks for a name that every API server has, behind any other", () => {
    expect(apiServerOf(ipv4, "https://localhost:7443")).toEqual({
      url: "https://localhost:7443",
      serverName: "kubernetes",
    });
    // What a worker forwards: an API server's certificate names no worker.
    expect(apiServerOf(ipv4, "https://10.0.0.31:6443").serverName).toBe("kubernetes");
  });

  it.each([
    "10.0.0.1",
    "http://10.0.0.1:6443",
    "https://me:secret@10.0.0.1",
    "https://10.0.0.1/path",
    "https://10.0.0.1/?x=1",
  ])("refuses %s, and repeats no password", (given) => {
    const refused = (): unknown => apiServerOf(ipv4, given);
    expect(refused).toThrow(UsageError);
    expect(refused).not.toThrow(/secret/);
  });
});
