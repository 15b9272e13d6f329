import { describe, expect, it } from "vitest";
import type { Json } from "../model.ts";
import { appendedWork, mergeCloudConfig } from "./merge.ts";
import { type Layer, originOf } from "./origin.ts";

const ours: Json = { write_files: [{ path: "/ours" }], timezone: "UTC", ntp: { enabled: true } };
const layers: readonly Layer[] = [
  {
    at: ["cloudConfig"],
    value: { ntp: { servers: ["a"], pools: ["p"] }, write_files: [{ path: "/c1" }, { path: "/c2" }] },
  },
  { at: ["roles", "worker", "cloudConfig"], value: { ntp: { servers: ["b", "c"] } } },
  { at: ["nodes", 3, "cloudConfig"], value: { write_files: [{ path: "/n1" }], locale: "C" } },
];
const merged = layers.reduce((below, { value }) => mergeCloudConfig(below, value), ours);
const origin = (...path: (string | number)[]) => originOf(path, merged, layers, appendedWork);

describe("the place in cluster.yaml", () => {
  it("is the topmost layer's that has the value", () => {
    expect(origin("locale")).toEqual(["nodes", 3, "cloudConfig", "locale"]);
    expect(origin("ntp", "servers", 1)).toEqual(["roles", "worker", "cloudConfig", "ntp", "servers", 1]);
    expect(origin("ntp", "pools", 0)).toEqual(["cloudConfig", "ntp", "pools", 0]);
  });

  it("counts in lists that add up", () => {
    expect((merged["write_files"] as readonly Json[]).map(({ path }) => path)).toEqual(["/ours", "/c1", "/c2", "/n1"]);
    expect(origin("write_files", 1, "path")).toEqual(["cloudConfig", "write_files", 0, "path"]);
    expect(origin("write_files", 2)).toEqual(["cloudConfig", "write_files", 1]);
    expect(origin("write_files", 3)).toEqual(["nodes", 3, "cloudConfig", "write_files", 0]);
  });

  it("is nowhere for what is ours", () => {
    expect(origin("timezone")).toBeUndefined();
    expect(origin("write_files", 0, "path")).toBeUndefined();
    expect(origin()).toBeUndefined();
  });

  it("is the deepest part that is there, for what is missing", () => {
    expect(origin("ntp", "config", "template")).toEqual(["roles", "worker", "cloudConfig", "ntp"]);
    expect(origin("write_files", 3, "owner")).toEqual(["nodes", 3, "cloudConfig", "write_files", 0]);
  });
});
