import { describe, expect, it } from "vitest";
import { clusterOf, goldenCluster } from "../../tests/support/render-case.ts";

const node = (name: string, rest: string): string => `  - { name: ${name}, ${rest} }\n`;

describe("a resolved cluster", () => {
  it("has every default", async () => {
    const cluster = await goldenCluster("minimal");
    expect(cluster).toMatchObject({
      name: "minimal",
      state: "new",
      endpoint: { host: "192.168.10.21", port: 6443, owned: false },
      network: {
        nodes: ["192.168.10.0/24"],
        pods: ["10.244.0.0/16"],
        services: ["10.96.0.0/12"],
        gateways: [],
        dns: [],
        domain: "cluster.local",
        cni: "flannel",
      },
      keepalived: undefined,
    });
    expect(cluster.kubernetes.version).toMatch(/^1\.\d+\.\d+$/);
    expect(cluster.nodes[0]).toMatchObject({
      name: "cp1",
      pool: false,
      count: 1,
      addresses: ["192.168.10.21/24"],
      mac: undefined,
    });
    expect(cluster.nodes[0]?.image.name).toBe("debian-13");
  });

  it("has the load balancers share the endpoint's address when none has it for its own", async () => {
    const shared = await goldenCluster("ha");
    expect(shared.keepalived).toEqual({ address: "10.0.0.10/24", interface: undefined, routerId: 77 });
    expect(shared.endpoint.owned).toBe(true);
    const own = await goldenCluster("pass-through");
    expect(own.keepalived).toBeUndefined();
    expect(own.endpoint.owned).toBe(true);
  });

  it("has a MAC address in one form, whatever form it was given in", async () => {
    const { nodes } = await goldenCluster("ha");
    expect(nodes.find(({ name }) => name === "lb2")?.mac).toBe("52:54:00:00:00:12");
  });

  it("has addresses in the order of the node networks, each with its prefix", async () => {
    const { nodes, network } = await goldenCluster("dual-stack");
    expect(nodes.find(({ name }) => name === "lb1")?.addresses).toEqual(["fd00:77::11/64", "10.77.0.11/24"]);
    expect(network.pods).toEqual(["fd00:10:244::/56", "10.244.0.0/16"]);
  });

  it("shares what nodes of a role have in common", async () => {
    const text = `version: 1\nname: many\nkubelet: { maxPods: 50 }\nnetwork: { nodes: 10.0.0.0/24 }\nnodes:\n${[
      node("cp1", "role: master-init, address: 10.0.0.2"),
      node("w1", "role: worker"),
      node("w2", "role: worker"),
      node("w3", "role: worker, kubelet: { maxPods: 60 }"),
    ].join("")}`;
    const { nodes, passThrough } = await clusterOf(text);
    const [, first, second, third] = nodes;
    expect(first?.passThrough).toBe(passThrough);
    expect(second?.passThrough).toBe(first?.passThrough);
    expect(third?.passThrough.kubelet).toEqual({ maxPods: 60 });
    expect(passThrough.kubelet).toEqual({ maxPods: 50 });
  });

  it("lets the node's image go before the cluster's", async () => {
    const text =
      "version: 1\nname: mixed\nimage: debian-13\nendpoint: { host: api.example.org }\nclusterState: existing\npools:\n";
    const cluster = await clusterOf(
      `${text}${node("a", "role: worker")}${node("b", "role: worker, image: debian-12")}`,
    );
    expect(cluster.nodes.map(({ image }) => image.suite)).toEqual(["trixie", "bookworm"]);
  });
});
