import { describe, expect, it } from "vitest";
import { completeEndpoint, completeNetwork } from "./completed.ts";
import { configSchema } from "./schema.ts";

const network = (given: object) => {
  const { pods, services } = completeNetwork(configSchema.parse({ version: 1, name: "a", network: given }).network);
  return { pods, services };
};

describe("completeNetwork", () => {
  it.each([
    [{}, { pods: ["10.244.0.0/16"], services: ["10.96.0.0/12"] }],
    [{ nodes: "fd00::/64" }, { pods: ["fd00:10:244::/56"], services: ["fd00:10:96::/112"] }],
    [
      { nodes: ["fd00::/64", "10.0.0.0/24"] },
      { pods: ["fd00:10:244::/56", "10.244.0.0/16"], services: ["fd00:10:96::/112", "10.96.0.0/12"] },
    ],
    [{ pods: "fd01::/56" }, { pods: ["fd01::/56"], services: ["fd00:10:96::/112"] }],
    [
      { nodes: "10.0.0.0/24", services: "10.1.0.0/16" },
      { pods: ["10.244.0.0/16"], services: ["10.1.0.0/16"] },
    ],
    [{ pods: ["10.1.0.0/16", "10.2.0.0/16"] }, { pods: ["10.1.0.0/16", "10.2.0.0/16"], services: ["10.96.0.0/12"] }],
  ])("%j", (given, expected) => {
    expect(network(given)).toEqual(expected);
  });
});

describe("completeEndpoint", () => {
  const one = { addresses: ["10.0.0.21"], count: 1 };

  it("is what the user gave, in canonical form", () => {
    expect(completeEndpoint({ host: "FD00:0::1", port: 443 }, [], true)).toEqual({
      host: "fd00::1",
      port: 443,
      owned: true,
    });
    expect(completeEndpoint({ host: "api.example.org", port: 6443 }, [one], false)?.owned).toBe(false);
  });

  it("is the only master's address when nothing was given", () => {
    expect(completeEndpoint(undefined, [one], false)).toEqual({ host: "10.0.0.21", port: 6443, owned: false });
  });

  it.each([
    ["several masters", [one, one], false],
    ["a master without address", [{ addresses: [], count: 1 }], false],
    ["a pool of masters", [{ addresses: ["10.0.0.21"], count: 3 }], false],
    ["a load balancer", [one], true],
    ["no master", [], false],
  ])("cannot be told from %s", (_, masters, balanced) => {
    expect(completeEndpoint(undefined, masters, balanced)).toBeUndefined();
  });
});
