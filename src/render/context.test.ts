import { describe, expect, it } from "vitest";
import { goldenCluster, testOnlySecrets } from "../../tests/support/render-case.ts";
import type { TemplateShape } from "../library/template-shape.ts";
import type { Bootstrap } from "../model.ts";
import { SECRETS_BY_BOOTSTRAP } from "../secrets/allowed-secrets.ts";
import { clusterContext, templateContext, templateShape } from "./context.ts";
import { clusterMetadata, metadataNames, nodeMetadata } from "./metadata.ts";
import { hasMetadata } from "./jinja.ts";

const cluster = await goldenCluster("ha");
const secrets = await testOnlySecrets(cluster.name);

const contextOf = (bootstrap: Bootstrap, onRead = (): void => undefined) => {
  const node = cluster.nodes.find(
    ({ role, pool }) => role.bootstrap === bootstrap && (!pool || bootstrap === "join-worker"),
  );
  if (node === undefined) throw new Error(`no node by ${bootstrap}`);
  return { node, context: templateContext({ cluster, shared: clusterContext(cluster), node, secrets, onRead }) };
};

/** Every place where a value is not of its shape. */
const mismatches = (shape: TemplateShape, value: unknown, path = ""): readonly string[] => {
  if (shape === "any" || value === null) return [];
  if (shape === "scalar") return ["string", "number", "boolean"].includes(typeof value) ? [] : [`${path}: no scalar`];
  if (typeof value !== "object") return [`${path}: neither list nor map`];
  if ("list" in shape)
    return (value as unknown[]).flatMap((item, index) => mismatches(shape.list, item, `${path}.${index}`));
  if ("map" in shape)
    return Object.entries(value).flatMap(([key, item]) => mismatches(shape.map, item, `${path}.${key}`));
  const fields = Object.entries(shape.fields).flatMap(([key, below]) =>
    Object.hasOwn(value, key)
      ? mismatches(below, (value as Record<string, unknown>)[key], `${path}.${key}`)
      : [`${path}.${key}: missing`],
  );
  const extra = Object.keys(value).filter((key) => !Object.hasOwn(shape.fields, key));
  return [...fields, ...extra.map((key) => `${path}.${key}: not in the shape`)];
};

/** Of nodes: a base image is none. */
const bootstraps = (Object.keys(SECRETS_BY_BOOTSTRAP) as readonly Bootstrap[]).filter((name) => name !== "none");

describe.each(bootstraps)("what templates see of a node that comes in by %s", (bootstrap) => {
  it("is what its shape promises, name by name", () => {
    const { node, context } = contextOf(bootstrap);
    expect(mismatches(templateShape(node.role), context)).toEqual([]);
  });

  it("holds the secrets that the role asks for and no others", () => {
    const { node, context } = contextOf(bootstrap);
    expect(Object.keys(context["secrets"] as object)).toEqual(node.role.secrets);
  });
});

describe("meta-data", () => {
  it.each(bootstraps)(
    "of a node with an address that comes in by %s has every name that templates may read",
    (bootstrap) => {
      const { node } = contextOf(bootstrap);
      const addressed = { ...node, pool: false, addresses: ["10.0.0.99/24"] };
      const metadata = nodeMetadata(clusterMetadata(cluster, secrets), addressed, 0, secrets);
      expect(metadataNames(bootstrap).filter((name) => !hasMetadata(metadata, name))).toEqual([]);
    },
  );

  it("holds each token where it belongs", () => {
    const tokens = bootstraps.map((bootstrap) => {
      const { token, worker_token: worker } = nodeMetadata({}, contextOf(bootstrap).node, 0, secrets);
      return [bootstrap, token, worker];
    });
    const { "master-token": master, "worker-token": worker } = secrets.values;
    expect(tokens).toEqual([
      ["init", master, worker],
      ["join-control-plane", master, undefined],
      ["join-worker", worker, undefined],
      ["load-balancer", undefined, undefined],
    ]);
  });
});

describe("a node's own values", () => {
  it("tell when they are read", () => {
    const read: string[] = [];
    const { context } = contextOf("join-worker", () => {
      read.push("read");
    });
    const node = context["node"] as Record<string, unknown>;
    expect([node["role"], node["labels"]]).toEqual(["worker", { tier: "general" }]);
    expect(read).toEqual([]);
    expect(node["name"]).toBe("workers");
    expect(read).toEqual(["read"]);
  });
});
