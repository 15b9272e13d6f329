import { gunzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { goldenCluster, renderGolden, testOnlySecrets } from "../../../tests/support/render-case.ts";
import { DiagnosticError, formatDiagnostics } from "../../diagnostic.ts";
import type { Cluster, DatasourceName, FileTree, Node } from "../../model.ts";
import { datasourceNames } from "../../model.ts";
import { renderCluster, renderSeeds } from "../render.ts";
import { datasources } from "./index.ts";

const text = (tree: FileTree, path: string): string => {
  const entry = tree.get(path);
  if (entry === undefined) throw new Error(`${path} was not rendered`);
  return Buffer.from(entry.bytes).toString();
};

const on = (cluster: Cluster, ...names: readonly DatasourceName[]): Cluster => ({
  ...cluster,
  platform: { ...cluster.platform, datasources: names },
});

/** Characters that do not compress; jinja reads none of them as its own. */
const incompressible = (size: number): string => {
  let state = 1;
  const character = (): string => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(33 + (state % 90));
  };
  return Array.from({ length: size }, character).join("").replaceAll("{", "(");
};

/** With a file of that many characters on every node. */
const withFile = (cluster: Cluster, size: number): Cluster => {
  const cloudConfig = { write_files: [{ path: "/opt/large", content: incompressible(size) }] };
  const nodes = cluster.nodes.map((node): Node => ({ ...node, passThrough: { ...node.passThrough, cloudConfig } }));
  return { ...cluster, nodes };
};

const minimal = await goldenCluster("minimal");
const secrets = await testOnlySecrets("minimal");

describe("datasources", () => {
  it("have a file each, and are those that cluster.yaml may name", () => {
    expect(datasources.map(({ name }) => name)).toEqual(datasourceNames);
  });

  it("leave each other's files alone", async () => {
    const cluster = await goldenCluster("datasources");
    const all = renderCluster(cluster, secrets);
    for (const name of datasourceNames) {
      const one = renderCluster(on(cluster, name), secrets);
      const own = [...one.keys()].filter((path) => !path.includes("/files/") && path !== "cluster.resolved.yaml");
      expect(own.length, name).toBeGreaterThan(0);
      for (const path of own)
        expect(Buffer.from(all.get(path)?.bytes ?? []).equals(one.get(path)?.bytes ?? new Uint8Array())).toBe(true);
    }
  });

  it("are read by their owner only", async () => {
    for (const [path, { mode }] of await renderGolden("datasources")) {
      if (!path.includes("/files/") && path !== "cluster.resolved.yaml") expect([path, mode]).toEqual([path, 0o600]);
    }
  });

  it("compress what they leave as text, too", async () => {
    const tree = await renderGolden("datasources");
    const node = "w1.example.org";
    const inside = (path: string): string =>
      Buffer.from(gunzipSync(tree.get(path)?.bytes ?? new Uint8Array())).toString();
    expect(inside(`${node}/ec2/user-data.gz`)).toBe(text(tree, `${node}/ec2/user-data`));
    const packed = Buffer.from(text(tree, `${node}/azure/custom-data.base64`), "base64");
    expect(Buffer.from(gunzipSync(packed)).toString()).toBe(text(tree, `${node}/azure/custom-data`));
  });

  it("put no secret on a command line", async () => {
    const tree = await renderGolden("datasources");
    for (const token of [secrets.values["worker-token"], secrets.values["master-token"]]) {
      expect(text(tree, "cp1/nocloud-http.cmdline")).not.toContain(token);
      expect(text(tree, "cp1/vmware/govc.sh")).not.toContain(token);
    }
  });
});

/** As a role's own template might; not in a file, whose readable copy would tell of it too. */
const greedy = (form: (key: string) => string): Cluster => {
  const cloudConfig = { runcmd: [`echo ${form(secrets.values["ca.key"])}`] };
  const nodes = minimal.nodes.map((node) =>
    node.name === "w1" ? { ...node, passThrough: { ...node.passThrough, cloudConfig } } : node,
  );
  return { ...minimal, nodes };
};

describe("a secret that a role may not hold", () => {
  it.each(datasourceNames)("is found before %s hides it", (name) => {
    for (const form of [(key: string) => key, (key: string) => Buffer.from(key).toString("base64")]) {
      const cluster = { ...on(greedy(form), name), platform: { datasources: [name], seedUrl: "http://a/" } };
      expect(() => renderCluster(cluster, secrets)).toThrow(/would hold ca\.key/);
    }
  });
});

const refused = (cluster: Cluster): string => {
  try {
    renderCluster(cluster, secrets);
  } catch (error) {
    if (error instanceof DiagnosticError) return formatDiagnostics(error.diagnostics, { color: false });
    throw error;
  }
  throw new Error("it was not refused");
};

describe("a platform's limit", () => {
  it("is an error that says what is large, counted as it travels", () => {
    const said = refused(on(withFile(minimal, 20_000), "ec2", "nocloud"));
    expect(said).toMatch(
      /^error\[render\/seed-too-big\]: cp1: user-data takes [\d,]+ of the 16,384 bytes that ec2 carries \(\d{3} %, compressed\)\n/,
    );
    expect(said).toMatch(/bytes, each compressed alone: \/opt\/large 1\d,\d{3}, /);
    expect(said).toContain("files of cloudConfig can be part of an image of your own");
    expect(said).toContain("w1: user-data takes");
  });

  it("names what helps, and nothing that would help little", () => {
    expect(refused(on(withFile(minimal, 20_000), "ec2"))).not.toMatch(/network\.cni|manifests can|RSA/);
    const manifests = [{ name: "10-large.yaml", text: incompressible(20_000) }];
    const said = refused(on({ ...minimal, manifests }, "ec2"));
    expect(said).toContain("manifests can be applied with kubectl");
    expect(said).not.toMatch(/network\.cni|files of cloudConfig|w1/);
  });

  it("of text names what would take more", () => {
    const said = refused(on(withFile(minimal, 60_000), "digitalocean"));
    expect(said).toContain("a datasource that takes compressed user-data");
  });

  it("is a warning from 80 % on, once for the nodes of a role", () => {
    const cluster = on(withFile(minimal, 14_500), "ec2");
    const [, worker] = cluster.nodes;
    if (worker === undefined) throw new Error("minimal has a worker");
    const more = { ...cluster, nodes: [worker, { ...worker, name: "w2" }, { ...worker, name: "w3" }] };
    const { warnings, tree } = renderSeeds(more, secrets);
    expect(warnings.map(({ code, severity }) => [code, severity])).toEqual([["render/seed-nearly-full", "warning"]]);
    expect(warnings[0]?.message).toMatch(/^w\d \(and 2 more of the role worker\): /);
    // Text alone is more than the platform takes.
    expect([...tree.keys()].filter((path) => path.includes("/ec2/"))).toEqual([
      "w1/ec2/user-data.gz",
      "w2/ec2/user-data.gz",
      "w3/ec2/user-data.gz",
    ]);
  });

  it("is far away for a cluster without files of its own", () => {
    expect(
      renderSeeds(
        { ...on(minimal, ...datasourceNames), platform: { datasources: datasourceNames, seedUrl: "http://a/" } },
        secrets,
      ).warnings,
    ).toEqual([]);
  });
});

describe("one node alone", () => {
  it("is rendered as among the others", () => {
    const alone = renderSeeds(minimal, secrets, ["w1"]).tree;
    const all = renderCluster(minimal, secrets);
    expect([...alone.keys()]).toEqual([...all.keys()].filter((path) => path.startsWith("w1/")));
    for (const [path, { bytes }] of alone)
      expect(Buffer.from(bytes).equals(all.get(path)?.bytes ?? new Uint8Array())).toBe(true);
  });
});
