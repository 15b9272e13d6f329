// The worker image, booted with its seed in each form that QEMU can present beside the ISO of boot.test.ts: a FAT volume, HTTP that the
// SMBIOS's serial number leads to, and OpenStack's configuration drive. A probe says which one cloud-init took, and what it made of it.
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCluster } from "../../src/commands/check.ts";
import { canonicalHash } from "../../src/edge/cache.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { type Machine, servedAt } from "../../src/emulator/machine.ts";
import type { FileTree } from "../../src/model.ts";
import { renderCluster } from "../../src/render/render.ts";
import { resolveCluster } from "../../src/resolve/resolve.ts";
import { type Followed, said } from "../support/boot.ts";
import { builtDisk } from "../support/built-disk.ts";
import { bootRecorded } from "../support/recorded-boot.ts";
import { testOnlySecrets } from "../support/render-case.ts";

const io = systemIo(startProgress("lines"), new AbortController().signal);
/** Another one is booted by its name: KIMG_TEST_IMAGE=debian-12. */
const imageName = process.env["KIMG_TEST_IMAGE"] ?? "debian-13";

/** The worker has the emulator's MAC address. */
const clusterText = `version: 1
name: forms
endpoint: { host: 10.0.2.100 }
network: { nodes: 10.0.2.0/24 }
image: ${imageName}
platform: { datasource: [nocloud-vfat, nocloud-http, config-drive], seedUrl: "${servedAt}" }
nodes:
  - { name: cp1, role: master-init, address: 10.0.2.21, mac: "52:54:00:12:34:01" }
  - { name: w1, role: worker, address: 10.0.2.31, mac: "52:54:00:12:34:56" }
cloudConfig:
  write_files:
    - path: /run/probe.sh
      content: |
        say() { echo "PROBE $*" > /dev/ttyS0; }
        cloud-init status --wait > /dev/null
        say datasource $(python3 -c 'import json; print(json.load(open("/run/cloud-init/result.json"))["v1"]["datasource"])')
        say cloud-init $(cloud-init status | head -n 1)
        say cloud-init-errors $(cloud-init status --format json | python3 -c 'import json, sys; s = json.load(sys.stdin); print(s["errors"], s.get("recoverable_errors", {}))')
        say failed-units $(systemctl --failed --no-legend --plain | wc -l)
        say hostname $(hostname)
        say addresses $(hostname -I)
        for file in $(find /etc/kimg -type f); do say $file $(sha256sum < $file); done
        say end
  runcmd:
    - [systemd-run, --no-block, sh, /run/probe.sh]
`;

const milestones = {
  kernel: /Linux version/,
  "cloud-init": /Cloud-init v\. \S+ finished/,
  probed: /^PROBE end$/,
};

let folder: string;
let disk: string;
let tree: FileTree;

const text = (path: string): string => Buffer.from(tree.get(path)?.bytes ?? []).toString();

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kimg-forms-"));
  await io.files.write(join(folder, "cluster.yaml"), clusterText);
  const { config, library } = await loadCluster(io, { cluster: join(folder, "cluster.yaml"), libraries: [] });
  const cluster = resolveCluster(config, library);
  tree = renderCluster(cluster, await testOnlySecrets(cluster.name));
  for (const [path, { bytes }] of tree) await io.files.write(join(folder, "rendered", path), bytes);
  const worker = cluster.nodes.find(({ name }) => name === "w1");
  if (worker === undefined) throw new Error("no worker");
  disk = await builtDisk(io, folder, library, worker);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const rendered = (path = ""): string => join(folder, "rendered", path);

interface Form {
  readonly given: () => Pick<Machine, "seed" | "served" | "serial">;
  /** As cloud-init calls it. */
  readonly source: RegExp;
  /** DHCP's, where the seed's network-config is not read. */
  readonly address?: string;
}

const forms: Readonly<Record<string, Form>> = {
  "a FAT volume": {
    given: () => ({ seed: rendered("w1/nocloud.img") }),
    source: /^DataSourceNoCloud \[seed=\/dev\/vdb\]/,
  },
  "HTTP, by the serial number": {
    given: () => ({ served: rendered(), serial: text("w1/nocloud-http.serial").trim() }),
    source: /^DataSourceNoCloudNet \[seed=dmi,http:\/\/10\.0\.2\.4\/w1\/nocloud-http\/\]/,
    // cloud-init 22.4 fetches none.
    ...(imageName === "debian-12" ? { address: "10.0.2.15" } : {}),
  },
  "a configuration drive": {
    given: () => ({ seed: rendered("w1/config-drive.iso") }),
    source: /^DataSourceConfigDrive \[net,ver=2\]\[source=\/dev\/vdb\]/,
  },
};

describe.each(Object.entries(forms))(
  "a worker with its seed on %s",
  (form, { given, source, address = "10.0.2.31" }) => {
    let followed: Followed;

    beforeAll(async () => {
      const machine: Machine = { disk: { path: disk, format: "qcow2" }, firmware: "bios", ...given() };
      const digests = [...tree].map(([path, { bytes }]) => [path, sha256(bytes)]);
      const contents = { form, disk: (await io.files.sha256(disk)).sha256, seed: canonicalHash(digests) };
      followed = await bootRecorded(io, { machine, milestones, until: "probed", contents });
    });

    it("takes it from there, without error or warning", () => {
      expect(said(followed)["datasource"]).toMatch(source);
      expect(said(followed)).toMatchObject({ "cloud-init": "status: done", "cloud-init-errors": "[] {}" });
      expect(said(followed)["failed-units"]).toBe("0");
    });

    it("has the files of its role, with its own values in them", () => {
      const files = [...tree].filter(([path]) => path.startsWith("w1/files/etc/kimg/"));
      expect(files.map(([path]) => path)).toContain("w1/files/etc/kimg/kubeadm/join.yaml");
      for (const [path, { bytes }] of files) {
        expect([path, said(followed)[path.slice("w1/files".length)]]).toEqual([path, `${sha256(bytes)} -`]);
      }
    });

    it("has its own name and address", () => {
      const { hostname, addresses = "" } = said(followed);
      expect(hostname).toBe("w1");
      // QEMU's router tells of IPv6 to who listens.
      expect(addresses.split(" ").filter((each) => !each.includes(":"))).toEqual([address]);
    });
  },
);
