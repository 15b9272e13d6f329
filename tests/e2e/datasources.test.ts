// Each form of a seed, read by cloud-init of Debian 12 and 13: by the datasource's own class, in a world that has what the class asks for.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { diskTools } from "../../src/engines/disk/disk-image.ts";
import type { FileTree } from "../../src/model.ts";
import { type Bind, sandboxed, type Sandboxed } from "../../src/tools/sandbox.ts";
import { toolsTree, type ToolsTree } from "../../src/tools/tools.ts";
import { withNetworkRights } from "../support/network-rights.ts";
import { readerPrograms } from "../support/reader-programs.ts";
import { renderGolden } from "../support/render-case.ts";

const io = systemIo(startProgress("lines"), new AbortController().signal);
const cache = openCache(io, cacheFolder(io.environment));
const nodes = ["cp1", "more", "w1.example.org"] as const;

/** Those that name the machine and tell it its network, and those of platforms that do it themselves. */
const whole = ["nocloud", "nocloud-http", "nocloud-http smbios", "proxmox", "vmware", "ovf", "config-drive"];
const compressed = ["openstack gz", "ec2 gz", "gce base64", "azure base64", "hetzner base64"];
const alone = [
  ...["openstack", "gce", "azure", "hetzner", "digitalocean", "digitalocean drive", "vultr", "user-data"],
  ...compressed,
];

/** Those whose class asks DHCP for an address, and what it asks for then. */
const azure = [
  "GET http://169.254.169.254/metadata/instance?api-version=2021-08-01&extended=true",
  "GET http://168.63.129.16/machine/?comp=goalstate",
  "POST http://168.63.129.16/machine?comp=health",
];
const hetzner = ["metadata", "userdata"].map((name) => `GET http://169.254.169.254/hetzner/v1/${name}`);
const asked: Readonly<Record<string, readonly string[]>> = {
  azure,
  "azure base64": azure,
  hetzner,
  "hetzner base64": hetzner,
  vultr: ["GET http://169.254.169.254/v1.json"],
};

interface Found {
  readonly complaints: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly hostname: readonly [string, string];
  readonly instance: string;
  readonly network: unknown;
  readonly left?: unknown;
  /** Of a service on a network that the machine has from DHCP, each request; and the addresses that were leased. */
  readonly asked?: readonly string[];
  readonly leased?: readonly string[];
}

let work: string;
let rendered: string;
let tree: FileTree;

const put = async (path: string, content: Uint8Array | string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "kimg-datasources-"));
  rendered = join(work, "rendered");
  tree = await renderGolden("datasources");
  for (const [path, { bytes }] of tree) await put(join(rendered, path), bytes);
});
afterAll(() => rm(work, { recursive: true, force: true }));

const text = (path: string): string => Buffer.from(tree.get(path)?.bytes ?? []).toString();

const here = (name: string): string => join(import.meta.dirname, name);

const run = (tools: ToolsTree, program: Omit<Sandboxed, "doing">) =>
  io.processes.run(withNetworkRights(sandboxed(io, tools, { doing: "reading seeds", ...program })));

/** What a node's machine would have on its disk. */
const copies = (node: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...tree.keys()]
      .filter((path) => path.startsWith(`${node}/files/`))
      .map((path) => [path.slice(`${node}/files`.length), text(path)]),
  );

describe.each(["bookworm", "trixie"])("cloud-init of Debian's %s", (suite) => {
  let found: Readonly<Record<string, Found>>;
  let tools: ToolsTree;

  beforeAll(async () => {
    tools = await toolsTree(io, cache, { suite, packages: readerPrograms });
    // The packages' own scripts have not run; requests will not be imported without.
    await put(join(work, "certificates/ca-certificates.crt"), await readFile("/etc/ssl/certs/ca-certificates.crt"));
    await mkdir(join(work, "run"), { recursive: true });
    found = await readSeeds(rendered);
  });

  const readBy = async (check: string, folder: string, ...binds: readonly Bind[]) => {
    const { stdout } = await run(tools, {
      argv: ["python3", `/tmp/${check}`, "/tmp/rendered"],
      // Nobody has compiled the packages' modules: the first that needs one does it for the others.
      environment: { PATH: "/tmp/shim:/usr/sbin:/usr/bin", PYTHONPYCACHEPREFIX: "/run/compiled" },
      binds: [
        { from: folder, to: "/tmp/rendered" },
        ...[check, "seed_reading.py"].map((name) => ({ from: here(name), to: `/tmp/${name}` })),
        { from: join(work, "certificates"), to: "/etc/ssl/certs" },
        { from: join(work, "run"), to: "/run", writable: true },
        ...binds,
      ],
    });
    return JSON.parse(stdout) as Readonly<Record<string, Found>>;
  };

  const readSeeds = async (folder: string): Promise<Readonly<Record<string, Found>>> => ({
    ...(await readBy("check-datasources.py", folder, { from: here("vmware-rpctool"), to: "/tmp/shim/vmware-rpctool" })),
    // The kernel mounts a /sys for another network only beside one that hides nothing.
    ...(await readBy("check-platforms.py", folder, { from: "/sys" })),
  });

  const of = (node: string, form: string): Found => {
    const entry = found[`${node} ${form}`];
    if (entry === undefined) throw new Error(`${form} of ${node} was not read`);
    return entry;
  };

  it.each(nodes)("takes every form of %s without a complaint, and writes the same files from each", (node) => {
    // 16 KiB are too few for a master's text, and enough for what is compressed.
    const forms = [...whole, ...alone, ...(node === "cp1" ? [] : ["ec2"])];
    expect(Object.keys(found).filter((key) => key.startsWith(`${node} `))).toHaveLength(forms.length);
    for (const form of forms) {
      const { complaints, files } = of(node, form);
      expect([form, complaints]).toEqual([form, []]);
      expect(files, form).toEqual(copies(node));
    }
  });

  it("names a machine as cluster.yaml does, whatever its platform calls it", () => {
    for (const form of [...whole, ...alone]) {
      expect([form, of("cp1", form).hostname]).toEqual([form, ["cp1", expect.stringMatching(/^cp1(\.localdomain)?$/)]]);
      expect([form, of("w1.example.org", form).hostname]).toEqual([form, ["w1", "w1.example.org"]]);
    }
    for (const form of alone) expect(of("more", form).hostname[0]).toMatch(/^(?:platform|ip-10-0-0-1)$/);
  });

  it("takes the instance from the seed where the platform has none", () => {
    const id = (parse(text("cp1/nocloud/meta-data")) as Record<string, unknown>)["instance-id"];
    for (const form of whole) expect([form, of("cp1", form).instance]).toEqual([form, id]);
  });

  it("finds the network where the seed tells it", () => {
    const wanted: unknown = parse(text("cp1/nocloud/network-config"));
    for (const form of ["nocloud", "nocloud-http", "proxmox", "vmware", "ovf"]) {
      expect([form, of("cp1", form).network]).toEqual([form, wanted]);
    }
    expect(of("cp1", "config-drive").network).toMatchObject({
      config: [
        {
          type: "physical",
          mac_address: "52:54:00:00:20:21",
          subnets: [
            { type: "static", address: "10.20.0.21/24", routes: [{ network: "0.0.0.0", gateway: "10.20.0.1" }] },
          ],
        },
        { type: "nameserver", address: "10.20.0.2" },
      ],
    });
    expect(of("more", "config-drive").network).toBeNull();
  });

  it.each(Object.entries(asked))("asks DHCP and the services of the platform for %s, each once", (form, requests) => {
    for (const node of nodes) {
      expect(of(node, form)).toMatchObject({ asked: requests, leased: ["10.0.0.21"] });
      expect(JSON.stringify(of(node, form).network)).toContain("52:54:00:00:20:31");
    }
  });

  it("leaves nothing in guestinfo, and is left out of the next boots then", async () => {
    for (const node of nodes) expect(of(node, "vmware").left).toEqual({});
    const { stdout } = await run(tools, {
      argv: [
        "sh",
        "-c",
        `DI_MAIN=noop
        . /usr/lib/cloud-init/ds-identify
        DI_VIRT=vmware
        mkdir /tmp/guestinfo
        for value in "$1" ---; do
          echo "$value" >/tmp/guestinfo/guestinfo.metadata
          if dscheck_VMware; then echo found; else echo none; fi
        done
        echo "$DI_DEFAULT_POLICY" | grep -o notfound=.*`,
        "sh",
        text("cp1/vmware/guestinfo.metadata"),
      ],
      environment: { PATH: "/tmp/shim:/usr/sbin:/usr/bin" },
      binds: [{ from: here("vmware-rpctool"), to: "/tmp/shim/vmware-rpctool" }],
    });
    expect(stdout).toBe("found\nnone\nnotfound=disabled\n");
  });

  it("complains of what is missing, so that its silence means something", async () => {
    const node = "w1.example.org";
    const without: Readonly<Record<string, (all: string) => string>> = {
      [`${node}/user-data/user-data`]: (all) => all.replace(/^.*% set.*\n/m, ""),
      [`${node}/openstack/properties.json`]: (all) => all.replace("kimg_token", "kimg_tokne"),
      [`${node}/azure/custom-data`]: (all) => all.replace(/^.*% set.*\n/m, ""),
    };
    for (const [path, { bytes }] of tree) {
      if (path.startsWith(`${node}/`)) await put(join(work, suite, path), without[path]?.(text(path)) ?? bytes);
    }
    const broken = await readSeeds(join(work, suite));
    expect(broken[`${node} user-data`]?.complaints).not.toEqual([]);
    expect(broken[`${node} openstack`]?.complaints).not.toEqual([]);
    expect(broken[`${node} azure`]?.complaints).not.toEqual([]);
    expect(broken[`${node} ec2`]?.complaints).toEqual([]);
    expect(broken[`${node} azure base64`]?.complaints).toEqual([]);
  });

  it("finds the files of a configuration drive on its image", async () => {
    const { stdout } = await run(tools, {
      argv: [
        "sh",
        "-euc",
        `cd /tmp/rendered
        for node in ${nodes.join(" ")}; do
          image=$node/config-drive.iso
          isoinfo -d -i $image | grep -x 'Volume id: CONFIG-2' >/dev/null
          isoinfo -R -f -i $image | grep json$ | sort
          (cd $node/config-drive && find . -type f) | while read -r file; do
            isoinfo -R -x /\${file#./} -i $image | cmp - $node/config-drive/$file
          done
          blkid -p -o value -s LABEL $image
        done`,
      ],
      binds: [{ from: rendered, to: "/tmp/rendered" }],
    });
    const [metadata, network] = ["/openstack/latest/meta_data.json", "/openstack/latest/network_data.json"];
    expect(stdout.trim().split("\n")).toEqual([
      metadata,
      network,
      "CONFIG-2",
      metadata,
      "CONFIG-2",
      metadata,
      network,
      "CONFIG-2",
    ]);
  });
});

describe("programs that know FAT", () => {
  it("find a sound volume with the three files", async () => {
    const tools = await toolsTree(io, cache, { suite: "trixie", packages: diskTools });
    const { stdout } = await run(tools, {
      argv: [
        "sh",
        "-euc",
        `cd /tmp/rendered
        for node in ${nodes.join(" ")}; do
          fsck.fat -n $node/nocloud.img >/tmp/said || { cat /tmp/said; exit 1; }
          mlabel -s -i $node/nocloud.img ::
          mdir -b -i $node/nocloud.img ::
          mkdir /tmp/$node
          mcopy -i $node/nocloud.img ::meta-data ::network-config ::user-data /tmp/$node/
          (cd $node/nocloud && sha256sum meta-data network-config user-data) >/tmp/sums
          (cd /tmp/$node && sha256sum --quiet --check /tmp/sums)
        done`,
      ],
      binds: [{ from: rendered, to: "/tmp/rendered" }],
    });
    const each = [" Volume label is CIDATA", "::/meta-data", "::/network-config", "::/user-data"];
    expect(
      stdout
        .split("\n")
        .map((line) => line.trimEnd())
        .filter((line) => line !== ""),
    ).toEqual(nodes.flatMap(() => each));
  });
});
