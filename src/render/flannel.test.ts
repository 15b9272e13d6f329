import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import type { Network } from "../model.ts";
import { flannelImages, flannelManifest } from "./flannel.ts";

const network = (pods: readonly string[]): Network => ({
  nodes: [],
  pods,
  services: [],
  gateways: [],
  dns: [],
  domain: "cluster.local",
  cni: "flannel",
});

interface Document {
  readonly kind: string;
  readonly data: Readonly<Record<string, string>>;
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] } };
  };
}

const document = (pods: readonly string[], kind: string): Document | undefined =>
  parseAllDocuments(flannelManifest(network(pods)))
    .map((each) => each.toJS() as Document)
    .find((each) => each.kind === kind);

const netConf = (pods: readonly string[]): unknown =>
  JSON.parse(document(pods, "ConfigMap")?.data["net-conf.json"] ?? "");

const daemonArguments = (pods: readonly string[]): unknown =>
  document(pods, "DaemonSet")?.spec.template.spec.containers[0]?.args;

describe("flannel", () => {
  it.each([
    [["10.244.0.0/16"], { Network: "10.244.0.0/16" }],
    [["fd00::/56"], { EnableIPv4: false, EnableIPv6: true, IPv6Network: "fd00::/56" }],
    [["10.1.0.0/16", "fd00::/56"], { Network: "10.1.0.0/16", EnableIPv6: true, IPv6Network: "fd00::/56" }],
  ])("of %j reads its networks by family", (pods, expected) => {
    expect(netConf(pods)).toEqual({ ...expected, EnableNFTables: true, Backend: { Type: "vxlan" } });
  });

  it("takes its interface from the node's address, of the first family", () => {
    expect(daemonArguments(["10.1.0.0/16", "fd00::/56"])).not.toContain("--public-ipv6=$(NODE_ADDRESS)");
    expect(daemonArguments(["fd00::/56", "10.1.0.0/16"])).toContain("--public-ipv6=$(NODE_ADDRESS)");
    expect(daemonArguments(["fd00::/56"])).not.toContain("--public-ipv6=$(NODE_ADDRESS)");
  });

  it("names the images that are preloaded, at the version of every release", async () => {
    const component = parse(await readFile("images/components/flannel.yaml", "utf8")) as {
      readonly images: Readonly<Record<string, { readonly name: string }>>;
    };
    const { releases } = parse(await readFile("images/components/releases.yaml", "utf8")) as {
      readonly releases: Readonly<Record<string, { readonly flannel: string }>>;
    };
    const versions = new Set(Object.values(releases).map(({ flannel }) => flannel));
    const names = [...versions].map((version) => component.images["flannel"]?.name.replace("{version}", version));
    expect(names).toEqual([flannelImages.daemon]);
    expect(component.images["flannel-cni-plugin"]?.name).toBe(flannelImages.plugin);
  });
});
