import { describe, expect, it } from "vitest";
import { renderGolden } from "../../tests/support/render-case.ts";

const nodeOf = async (golden: string, name: string): Promise<unknown> => {
  const bytes = (await renderGolden(golden)).get(`${name}/files/etc/kimg/node.json`)?.bytes;
  return JSON.parse(Buffer.from(bytes ?? []).toString());
};

describe("node.json", () => {
  it("tells an init node how to make the cluster and how to join it", async () => {
    expect(await nodeOf("add-ons", "cp1")).toMatchObject({
      version: 1,
      bootstrap: "init",
      ordinal: 0,
      endpoint: { host: "api.add-ons.example.org", port: 443 },
      api_port: 6443,
      peers: ["10.5.0.21", "10.5.0.22", "10.5.0.23"],
      kubeadm_config: "/etc/kimg/kubeadm/init.yaml",
      join_config: "/etc/kimg/kubeadm/join.yaml",
      swap_allowed: true,
    });
  });

  it.each([
    ["cp2", 1],
    ["cp3", 2],
    ["w1", 0],
  ])("tells %s its place among the masters, %i", async (name, ordinal) => {
    const join = "/etc/kimg/kubeadm/join.yaml";
    expect(await nodeOf("add-ons", name)).toMatchObject({ ordinal, kubeadm_config: join, join_config: join });
  });

  it("tells a load balancer of no kubeadm, and IPv6 addresses without brackets", async () => {
    expect(await nodeOf("dual-stack", "lb1")).toMatchObject({
      ordinal: 0,
      endpoint: { host: "fd00:77::10" },
      peers: ["fd00:77::21"],
      kubeadm_config: "",
      join_config: "",
      swap_allowed: false,
    });
  });
});
