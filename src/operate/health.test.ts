import { describe, expect, it } from "vitest";
import { clusterOf } from "../../tests/support/render-case.ts";
import { judge } from "./health.ts";
import type { Observed, ObservedComponent, ObservedNode } from "./observed.ts";

const text = `version: 1
name: prod
kubernetes: { version: 1.37.2 }
endpoint: { host: api.example.org }
nodes:
  - { name: cp1, role: master-init }
  - { name: cp2, role: master-join }
  - { name: cp3, role: master-join }
`;
const cluster = await clusterOf(text);
const pooled = await clusterOf(`${text}pools: [{ name: workers, role: worker, count: 2 }]\n`);

const now = new Date("2026-11-01T00:00:00Z");
const inDays = (days: number): Date => new Date(now.getTime() + days * 86_400_000 + 1000);

const node = (name: string, more: Partial<ObservedNode> = {}): ObservedNode => ({
  name,
  uid: "",
  ready: true,
  reason: "",
  version: "1.37.2",
  controlPlane: name.startsWith("cp"),
  addresses: [],
  ...more,
});

const etcd = (on: string, ready = true): ObservedComponent => ({ component: "etcd", node: on, ready });

const healthy: Observed = {
  version: "1.37.2",
  certificateEnds: inDays(364),
  nodes: [node("cp1"), node("cp2"), node("cp3")],
  components: [etcd("cp1"), etcd("cp2"), etcd("cp3")],
  coreDns: { wanted: 2, ready: 2 },
  servers: [],
};

const found = (more: Partial<Observed>, of = cluster): readonly string[] =>
  judge(of, { ...healthy, ...more }, now).map(({ severity, code }) => `${severity} ${code}`);

const told = (more: Partial<Observed>, of = cluster): string | undefined =>
  judge(of, { ...healthy, ...more }, now)[0]?.message;

/** As many machines beside the named ones. */
const some = (count: number): Partial<Observed> => ({
  nodes: [...healthy.nodes, ...Array.from({ length: count }, (_, index) => node(`workers-${index}`))],
});

describe("a cluster's health", () => {
  it("is nothing to speak of when all is well", () => {
    expect(found({})).toEqual([]);
  });

  it.each<[string, Partial<Observed>, readonly string[]]>([
    ["a node that never came", { nodes: [node("cp1"), node("cp2")] }, ["error status/node-missing"]],
    [
      "a node that is not ready",
      { nodes: [node("cp1"), node("cp2"), node("cp3", { ready: false, reason: "silent" })] },
      ["error status/node-not-ready"],
    ],
    [
      "an etcd member that is not ready",
      { components: [etcd("cp1"), etcd("cp2"), etcd("cp3", false)] },
      ["error status/etcd"],
    ],
    ["an etcd member that is not there", { components: [etcd("cp1"), etcd("cp2")] }, ["error status/etcd"]],
    [
      "an etcd member that is not ready, beside as many as there should be",
      { components: [...healthy.components, etcd("cp4", false)] },
      ["warning status/etcd"],
    ],
    [
      "another component",
      { components: [...healthy.components, { component: "kube-scheduler", node: "cp1", ready: false }] },
      ["error status/component"],
    ],
    ["no CoreDNS", { coreDns: undefined }, ["warning status/coredns"]],
    ["half of CoreDNS", { coreDns: { wanted: 2, ready: 1 } }, ["warning status/coredns"]],
    ["a CoreDNS that does not run", { coreDns: { wanted: 2, ready: 0 } }, ["error status/coredns"]],
    ["a certificate's last month", { certificateEnds: inDays(29) }, ["warning status/certificate"]],
    ["a certificate's last week", { certificateEnds: inDays(6) }, ["error status/certificate"]],
    ["a certificate that will do", { certificateEnds: inDays(30) }, []],
    [
      "one master's certificate",
      { servers: [{ name: "cp2", status: 200, certificateEnds: inDays(3) }] },
      ["error status/certificate"],
    ],
    [
      "a master that cannot be reached from here",
      { servers: [{ name: "cp2", status: undefined, certificateEnds: undefined }] },
      [],
    ],
    [
      "a master's API server that is not ready",
      { servers: [{ name: "cp2", status: 500, certificateEnds: inDays(300) }] },
      ["error status/api-server"],
    ],
    ["another version of the API", { version: "1.37.1" }, ["warning status/version"]],
    [
      "a kubelet of an older minor",
      { nodes: [node("cp1"), node("cp2"), node("cp3", { version: "1.34.4" })] },
      ["warning status/version"],
    ],
    [
      "a kubelet that is too old",
      { nodes: [node("cp1"), node("cp2"), node("cp3", { version: "1.33.9" })] },
      ["error status/skew", "warning status/version"],
    ],
    [
      "a kubelet that is newer than the API",
      { nodes: [node("cp1"), node("cp2"), node("cp3", { version: "1.38.0" })] },
      ["error status/skew", "warning status/version"],
    ],
    ["a stranger", { nodes: [...healthy.nodes, node("mallory")] }, ["warning status/node-unknown"]],
    [
      "a kubelet that has not said its version",
      { nodes: [node("cp1"), node("cp2"), node("cp3", { version: "" })] },
      [],
    ],
    ["an API server that has not", { version: "" }, []],
  ])("%s", (_what, more, expected) => {
    expect(found(more)).toEqual(expected);
  });

  it("counts the machines of pools, whose names nobody knows beforehand", () => {
    expect(found(some(1), pooled)).toEqual(["warning status/pool-incomplete"]);
    expect(told(some(1), pooled)).toBe("1 of 2 machines of workers are in the cluster");
    expect(found(some(2), pooled)).toEqual([]);
    expect(found(some(3), pooled)).toEqual(["warning status/node-unknown"]);
  });

  it("says how near the end is", () => {
    expect(told({ components: [etcd("cp1"), etcd("cp2"), etcd("cp3", false)] })).toBe(
      "2 of 3 etcd members are ready: the next one that fails stops the cluster",
    );
    expect(told({ components: [etcd("cp1")] })).toBe("1 of 3 etcd members are ready: that is no quorum");
    expect(told({ certificateEnds: inDays(6) })).toBe("the certificate of the API server ends in 6 days");
  });

  it("tells errors first", () => {
    const codes = found({ coreDns: undefined, nodes: [node("cp1"), node("cp2"), node("mallory")] });
    expect(codes).toEqual(["error status/node-missing", "warning status/coredns", "warning status/node-unknown"]);
  });
});
