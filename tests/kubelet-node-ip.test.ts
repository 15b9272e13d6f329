// The program that tells the kubelet its addresses, run with an `ip` that says what a machine might have.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { shippedFolder } from "../src/content.ts";

const program = join(shippedFolder, "images/common/files/usr/lib/kimg/kubelet-node-ip");
const folder = mkdtempSync(join(tmpdir(), "kimg-node-ip-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Flags of `ip -json address`, beside the address itself. */
type Shown = readonly [address: string, flags?: Readonly<Record<string, boolean>>];

const run = (subnets: readonly string[], ...interfaces: readonly (readonly Shown[])[]) => {
  const shown = interfaces.map((addresses, index) => ({
    ifname: `eth${index}`,
    addr_info: addresses.map(([local, flags]) => ({ local, scope: "global", ...flags })),
  }));
  writeFileSync(join(folder, "node.json"), JSON.stringify({ version: 1, node_subnets: subnets }));
  writeFileSync(join(folder, "ip"), `#!/bin/sh\ncat <<'JSON'\n${JSON.stringify(shown)}\nJSON\n`, { mode: 0o755 });
  const output = join(folder, "run/kubelet.env");
  const { status, stderr } = spawnSync("python3", ["-I", program, join(folder, "node.json"), output, "0"], {
    env: { PATH: `${folder}:${process.env["PATH"]}` },
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  return { environment: readFileSync(output, "utf8"), stderr };
};

describe("the kubelet's addresses", () => {
  it("are of each family of the nodes' networks, in their order, whatever interface they are on", () => {
    const found = run(["fd00:77::/64", "10.77.0.0/24"], [["192.168.0.9"], ["10.77.0.50"]], [["fd00:77::50"]]);
    expect(found).toEqual({ environment: "KIMG_NODE_IP=--node-ip=fd00:77::50,10.77.0.50\n", stderr: "" });
  });

  it("are none that will pass", () => {
    const addresses: readonly Shown[] = [
      ["fd00:77::1111", { temporary: true }],
      ["fd00:77::2222", { deprecated: true }],
      ["fd00:77::3333", { tentative: true, dadfailed: true }],
      ["fd00:77::4444"],
    ];
    expect(run(["fd00:77::/64"], addresses).environment).toBe("KIMG_NODE_IP=--node-ip=fd00:77::4444\n");
  });

  it("are left to the kubelet when no network of the nodes is named", () => {
    expect(run([], [["10.77.0.50"]])).toEqual({ environment: "KIMG_NODE_IP=\n", stderr: "" });
  });

  it("are those that are there, and what is missing is said", () => {
    const { environment, stderr } = run(["10.77.0.0/24", "fd00:77::/64"], [["10.77.0.50"]]);
    expect(environment).toBe("KIMG_NODE_IP=--node-ip=10.77.0.50\n");
    expect(stderr).toBe("no address in fd00:77::/64 after 0 seconds: the node is registered without\n");
  });
});

it("is a program", () => {
  expect(statSync(program).mode & 0o111).toBe(0o111);
});
