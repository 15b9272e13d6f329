import { describe, expect, it } from "vitest";
import type { Json } from "../model.ts";
import { mergeCloudConfig, mergeKubeadm, mergeOver, mergePassThrough, mergePatch, noPassThrough } from "./merge.ts";

describe("the user's fields over ours", () => {
  it("merge map by map, replace lists and scalars, and null removes", () => {
    const ours = { keep: 1, map: { a: 1, b: 2 }, list: [1, 2], gone: { deep: true } };
    const theirs = { map: { b: 3, c: { d: null, e: 4 } }, list: [3], gone: null };
    expect(mergeOver(ours, theirs)).toEqual({ keep: 1, map: { a: 1, b: 3, c: { e: 4 } }, list: [3] });
  });

  it("leave both untouched", () => {
    const ours: Json = { map: { a: 1 } };
    const theirs: Json = { map: { a: null } };
    mergeOver(ours, theirs);
    expect([ours, theirs]).toEqual([{ map: { a: 1 } }, { map: { a: null } }]);
  });

  it("take a map in place of a scalar and the other way round", () => {
    expect(mergeOver({ a: { b: 1 }, c: 1 }, { a: 2, c: { d: 3 } })).toEqual({ a: 2, c: { d: 3 } });
  });

  it("add up where a cloud-config lists work", () => {
    const ours = { write_files: [{ path: "/a" }], runcmd: ["one"], ntp: { servers: ["a"] } };
    const theirs = { write_files: [{ path: "/b" }], runcmd: ["two"], ntp: { servers: ["b"] }, users: ["default"] };
    expect(mergeCloudConfig(ours, theirs)).toEqual({
      write_files: [{ path: "/a" }, { path: "/b" }],
      runcmd: ["one", "two"],
      ntp: { servers: ["b"] },
      users: ["default"],
    });
  });

  it("add up where kubeadm lists arguments, since ours must stay", () => {
    const ours = { apiServer: { extraArgs: [{ name: "a", value: "1" }], certSANs: ["x"] }, skipPhases: ["p"] };
    const theirs = { apiServer: { extraArgs: [{ name: "b", value: "2" }], certSANs: ["y"] }, skipPhases: ["q"] };
    expect(mergeKubeadm(ours, theirs)).toEqual({
      apiServer: {
        extraArgs: [
          { name: "a", value: "1" },
          { name: "b", value: "2" },
        ],
        certSANs: ["x", "y"],
      },
      skipPhases: ["q"],
    });
  });
});

describe("layers", () => {
  it("keep a null until it meets what it removes", () => {
    const cluster = mergePassThrough(noPassThrough, { kubelet: { rotateCertificates: null } });
    const role = mergePassThrough(cluster, { kubelet: { maxPods: 50 } });
    expect(mergeOver({ rotateCertificates: true, cgroupDriver: "systemd" }, role.kubelet)).toEqual({
      cgroupDriver: "systemd",
      maxPods: 50,
    });
  });

  it("add up lists of work through all levels", () => {
    const cluster = mergePassThrough(noPassThrough, { cloudConfig: { runcmd: ["cluster"] } });
    const node = mergePassThrough(cluster, { cloudConfig: { runcmd: ["node"] } });
    expect(mergeCloudConfig({ runcmd: ["ours"] }, node.cloudConfig)).toEqual({ runcmd: ["ours", "cluster", "node"] });
  });

  it("are the very same object when nothing is added", () => {
    expect(mergePassThrough(noPassThrough, {})).toBe(noPassThrough);
    expect(mergePassThrough(noPassThrough, undefined)).toBe(noPassThrough);
  });
});

describe("a merge patch", () => {
  it.each<[Json, Json, Json]>([
    [{ a: 1 }, { a: 1 }, {}],
    [{ a: 1 }, { a: 2, b: 3 }, { a: 2, b: 3 }],
    [{ a: 1, b: 2 }, { b: 2 }, { a: null }],
    [{ a: { b: 1, c: [1] } }, { a: { b: 1, c: [2] } }, { a: { c: [2] } }],
    [{ a: { b: 1 } }, { a: 5 }, { a: 5 }],
  ])("from %j to %j is %j", (from, to, patch) => {
    expect(mergePatch(from, to)).toEqual(patch);
    expect(mergeOver(from, patch)).toEqual(to);
  });
});
