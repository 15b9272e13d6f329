import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import {
  clusterOf,
  goldenCluster,
  goldenFolder,
  renderGolden,
  testOnlySecrets,
} from "../../tests/support/render-case.ts";
import { DiagnosticError } from "../diagnostic.ts";
import type { Cluster, FileTree, Node } from "../model.ts";
import { renderCluster } from "./render.ts";

const text = (tree: FileTree, path: string): string => {
  const entry = tree.get(path);
  if (entry === undefined) throw new Error(`${path} was not rendered`);
  return Buffer.from(entry.bytes).toString();
};

const render = async (cluster: Cluster): Promise<FileTree> =>
  renderCluster(cluster, await testOnlySecrets(cluster.name));

const small = (nodes: string, rest = ""): Promise<Cluster> =>
  clusterOf(
    `version: 1\nname: small\nnetwork: { nodes: 10.0.0.0/24 }\n${rest}nodes:\n  - { name: cp1, role: master-init, address: 10.0.0.2 }\n${nodes}`,
  );

const idOf = (tree: FileTree): unknown =>
  (parse(text(tree, "w1/nocloud/meta-data")) as Record<string, unknown>)["instance-id"];

describe("seeds", () => {
  it("of a role differ in meta-data and network-config only", async () => {
    const tree = await renderGolden("ha");
    expect(text(tree, "cp2/nocloud/user-data")).toBe(text(tree, "cp3.example.org/nocloud/user-data"));
    expect(text(tree, "cp2/nocloud/meta-data")).not.toBe(text(tree, "cp3.example.org/nocloud/meta-data"));
  });

  it("are their owner's alone", async () => {
    for (const [path, { mode }] of await renderGolden("ha")) {
      if (path.includes("/nocloud")) expect([path, mode]).toEqual([path, 0o600]);
    }
  });

  it("are other instances to cloud-init when anything in them is another, and only then", async () => {
    const cluster = await goldenCluster("minimal");
    const secrets = await testOnlySecrets(cluster.name);
    const before = idOf(renderCluster(cluster, secrets));
    expect(before).toMatch(/^kimg-\S+-w1-[0-9a-f]{8}$/);
    expect(idOf(renderCluster(cluster, secrets))).toBe(before);
    const tokens = { ...secrets, values: { ...secrets.values, "worker-token": "aaaaaa.aaaaaaaaaaaaaaaa" } };
    const mastersToken = { ...secrets, values: { ...secrets.values, "master-token": "aaaaaa.aaaaaaaaaaaaaaaa" } };
    expect(idOf(renderCluster(cluster, tokens))).not.toBe(before);
    expect(idOf(renderCluster({ ...cluster, state: "existing" }, secrets))).not.toBe(before);
    expect(idOf(renderCluster(cluster, mastersToken))).toBe(before);
  });

  it("of a pool name no machine", async () => {
    const tree = await renderGolden("pools-only");
    const metadata = parse(text(tree, "small/nocloud/meta-data")) as { readonly kimg: Record<string, unknown> };
    expect(metadata).not.toHaveProperty("local-hostname");
    expect(metadata.kimg["node"]).toBe("");
    expect(text(tree, "small/files/etc/kimg/kubeadm/join.yaml")).not.toMatch(/^ {2}name:/m);
    expect(text(tree, "small/nocloud/user-data")).toContain('name="small-$(cut -c1-12 /etc/machine-id)"');
  });

  it("take a name that YAML 1.1 would read as something else for a name", async () => {
    const tree = await render(await small("  - { name: 'on', role: worker, address: 10.0.0.3 }\n"));
    const metadata = parse(text(tree, "on/nocloud/meta-data"), { version: "1.1" }) as Record<string, unknown>;
    expect(metadata["local-hostname"]).toBe("on");
  });
});

describe("files", () => {
  it("that would be empty are left out", async () => {
    const tree = await renderGolden("pools-only");
    expect([...tree.keys()].filter((path) => /cni\.yaml|90-cluster\.toml|patches/.test(path))).toEqual([]);
  });

  it("that hold a secret are nobody else's, whatever the role says", async () => {
    const cluster = await small("  - { name: w1, role: worker, address: 10.0.0.3 }\n");
    const content = `token: ${(await testOnlySecrets("small")).values["worker-token"]}\n`;
    const files = [
      { path: "/etc/open", content, permissions: "0755" },
      { path: "/etc/other", content: "x\n", permissions: "0755" },
    ];
    const careless = (node: Node): Node =>
      node.name === "w1"
        ? { ...node, passThrough: { ...node.passThrough, cloudConfig: { write_files: files } } }
        : node;
    const tree = await render({ ...cluster, nodes: cluster.nodes.map(careless) });
    expect(tree.get("w1/files/etc/open")?.mode).toBe(0o700);
    expect(tree.get("w1/files/etc/other")?.mode).toBe(0o755);
  });

  it("never get out of their folder", async () => {
    const cluster = await small("", "cloudConfig: { write_files: [{ path: /../../x/../y, content: z }] }\n");
    expect([...(await render(cluster)).keys()].filter((path) => path.endsWith("/y"))).toEqual(["cp1/files/y"]);
  });
});

const manifestNames = (tree: FileTree, node: string): readonly string[] =>
  [...tree.keys()].filter((path) => path.startsWith(`${node}/files/etc/kimg/manifests/`)).map((path) => basename(path));

describe("manifests", () => {
  it("are files of the node that makes the cluster, in the order in which they are applied", async () => {
    const tree = await renderGolden("add-ons");
    expect(manifestNames(tree, "cp1")).toEqual(["00-cni.yaml", "10-large.yaml", "11-Storage-Class.yaml"]);
    expect(["cp2", "cp3", "w1"].flatMap((node) => manifestNames(tree, node))).toEqual([]);
    const written = await readFile(join(goldenFolder, "add-ons/manifests/Storage Class.yml"), "utf8");
    expect(text(tree, "cp1/files/etc/kimg/manifests/11-Storage-Class.yaml")).toBe(written);
    expect(tree.get("cp1/files/etc/kimg/manifests/11-Storage-Class.yaml")?.mode).toBe(0o600);
  });

  it("are none without a network plugin, and only the plugin's by default", async () => {
    const cluster = await small("");
    expect(manifestNames(await render(cluster), "cp1")).toEqual(["00-cni.yaml"]);
    expect(manifestNames(await render({ ...cluster, network: { ...cluster.network, cni: "none" } }), "cp1")).toEqual(
      [],
    );
  });

  it("are told in the resolved cluster by their names alone", async () => {
    const { manifests } = parse(text(await renderGolden("add-ons"), "cluster.resolved.yaml")) as { manifests: unknown };
    expect(manifests).toEqual(["00-cni.yaml", "10-large.yaml", "11-Storage-Class.yaml"]);
  });
});

describe("what masters do by themselves", () => {
  it("is in maintenance.json, on masters only", async () => {
    const tree = await renderGolden("pass-through");
    expect(JSON.parse(text(tree, "cp1/files/etc/kimg/maintenance.json"))).toEqual({
      version: 1,
      snapshots: { every_seconds: 5400, keep: 3, upload: ["/usr/local/bin/put", "--to={{ bucket }}", "a b"] },
      certificates: { renew_before_seconds: 5_184_000 },
    });
    expect(tree.get("cp1/files/etc/kimg/maintenance.json")?.mode).toBe(0o600);
    expect([...tree.keys()].filter((path) => path.endsWith("maintenance.json"))).toHaveLength(1);
  });

  it("is on by default", async () => {
    expect(JSON.parse(text(await renderGolden("ha"), "cp2/files/etc/kimg/maintenance.json"))).toEqual({
      version: 1,
      snapshots: { every_seconds: 21_600, keep: 12, upload: [] },
      certificates: { renew_before_seconds: 2_592_000 },
    });
  });

  it("says what is turned off", async () => {
    const off = "etcd: { snapshots: false }\ncertificates: { renew: false }\n";
    const tree = await render(await small("", off));
    expect(JSON.parse(text(tree, "cp1/files/etc/kimg/maintenance.json"))).toEqual({
      version: 1,
      snapshots: false,
      certificates: { renew: false, renew_before_seconds: 2_592_000 },
    });
    expect(parse(text(tree, "cluster.resolved.yaml"))).toMatchObject({
      maintenance: { snapshots: false, certificates: { renew: false } },
    });
  });
});

describe("meta-data that a node does not have", () => {
  it("is refused before it becomes an unresolved variable on the node", async () => {
    const cluster = await small("  - { name: w1, role: worker }\n");
    const reading = cluster.nodes.map((node) => ({
      ...node,
      role: { ...node.role, cloudConfig: { runcmd: ['echo {{metadata "address"}}'] } },
    }));
    const error = await render({ ...cluster, nodes: reading }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DiagnosticError);
    expect((error as DiagnosticError).diagnostics).toEqual([
      expect.objectContaining({
        code: "render/no-metadata",
        message: expect.stringContaining("w1: the role worker reads address") as string,
      }),
    ]);
  });
});

describe("kubeadm's configuration", () => {
  it("has one kubelet for the cluster, and a patch where a node wants another", async () => {
    const cluster = await small(
      "  - { name: w1, role: worker, address: 10.0.0.3, kubelet: { maxPods: 30 } }\n  - { name: w2, role: worker, address: 10.0.0.4 }\n",
      "kubelet: { maxPods: 99, serializeImagePulls: false }\nroles: { master-init: { kubelet: { serializeImagePulls: null } } }\n",
    );
    const tree = await render(cluster);
    const kubelet = parseAllDocuments(text(tree, "cp1/files/etc/kimg/kubeadm/init.yaml")).map(
      (document) => document.toJS() as Record<string, unknown>,
    )[2];
    expect(kubelet).toMatchObject({ kind: "KubeletConfiguration", maxPods: 99, serializeImagePulls: false });
    const patch = "files/etc/kimg/kubeadm/patches/kubeletconfiguration0+merge.yaml";
    expect(parse(text(tree, `w1/${patch}`))).toEqual({ maxPods: 30 });
    expect(parse(text(tree, `cp1/${patch}`))).toEqual({ serializeImagePulls: null });
    expect(tree.has(`w2/${patch}`)).toBe(false);
    expect(text(tree, "w1/files/etc/kimg/kubeadm/join.yaml")).toContain("directory: /etc/kimg/kubeadm/patches");
    expect(text(tree, "w2/files/etc/kimg/kubeadm/join.yaml")).not.toContain("patches");
  });

  it("is refused for versions that this form does not serve", async () => {
    const cluster = await goldenCluster("minimal");
    const old = { ...cluster, kubernetes: { ...cluster.kubernetes, version: "1.30.0" } };
    await expect(render(old)).rejects.toThrow("1.30.0");
  });
});

describe("what is alike", () => {
  it("is rendered once, so that a thousand nodes take no thousand times as long", async () => {
    const cluster = await small(
      "  - { name: w1, role: worker, address: 10.0.0.3 }\n  - { name: w2, role: worker, address: 10.0.0.4 }\n",
    );
    const tree = await render(cluster);
    expect(tree.get("w2/nocloud/user-data")?.bytes).toBe(tree.get("w1/nocloud/user-data")?.bytes);
    expect(tree.get("w2/files/etc/kimg/ca.crt")?.bytes).toBe(tree.get("w1/files/etc/kimg/ca.crt")?.bytes);
  });

  it("is not what a role's templates make of the node's own name", async () => {
    const tree = await renderGolden("own-role");
    expect(text(tree, "till-paris/files/etc/till/till-paris.txt")).toContain("till-paris of stores at 10.8.1.18");
    expect(text(tree, "till-berlin/files/etc/till/till-berlin.txt")).toContain("till-berlin of stores at 10.8.1.17");
  });
});
