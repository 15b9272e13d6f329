// What is rendered, given to the programs that will read it: cloud-init, netplan, HAProxy and keepalived of Debian 12 and 13, kubeadm, and
// a reader of ISO 9660.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import type { FileTree } from "../../src/model.ts";
import { toJinja } from "../../src/render/jinja.ts";
import { toYaml } from "../../src/render/yaml.ts";
import { sandboxed, type Sandboxed } from "../../src/tools/sandbox.ts";
import { toolsTree, type ToolsTree } from "../../src/tools/tools.ts";
import { seededWorld } from "../support/seeded-world.ts";
import { withNetworkRights } from "../support/network-rights.ts";
import { readerPrograms } from "../support/reader-programs.ts";
import { goldenCases, renderGolden } from "../support/render-case.ts";
import { unpackSupply } from "../support/unpack-supply.ts";

const io = systemIo(startProgress("lines"), new AbortController().signal);
const cache = openCache(io, cacheFolder(io.environment));
const trees = new Map<string, FileTree>();
let work: string;
/** Each rendered file, below `<case>/`. */
let rendered: string;

const put = async (path: string, content: Uint8Array | string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "kimg-seeds-"));
  rendered = join(work, "rendered");
  for (const name of goldenCases) {
    trees.set(name, await renderGolden(name));
    for (const [path, { bytes }] of trees.get(name) ?? []) await put(join(rendered, name, path), bytes);
  }
});
afterAll(() => rm(work, { recursive: true, force: true }));

/** Paths below `rendered`, of every case. */
const paths = (end: string): readonly string[] =>
  [...trees].flatMap(([name, tree]) =>
    [...tree.keys()].filter((path) => path.endsWith(end)).map((path) => `${name}/${path}`),
  );

/** As cloud-init sets jinja up (cloudinit/templater.py). */
const readOddTexts = `
import json, jinja2, yaml
wanted = json.load(open("/tmp/odd/wanted.json"))
read = lambda name: open("/tmp/odd/" + name, newline="").read()
print("same" if yaml.safe_load(read("plain.yaml")) == wanted else "differs")
template = jinja2.Template(read("template.yaml"), trim_blocks=True, extensions=["jinja2.ext.do"])
print("same" if yaml.safe_load(template.render()) == wanted else "differs")
`;

const oddPieces = [
  ...["{{", "{%", "{#", "}}", "%}", "{", "}", "- ", ": ", " #", "'", '"', "\\", "\n", "\n\n", "\r\n", "\t", " ", "  "],
  ...[
    "\u0085",
    "\u2028",
    "\ufeff",
    "\u0001",
    "\u007f",
    "é",
    "😀",
    "---",
    "...",
    "<<",
    "=",
    "!",
    "&a",
    "*a",
    "|",
    ">",
    "@",
    "`",
    "%",
  ],
  ...["yes", "Off", "~", "null", "0777", "0o17", "12:30:45", "1e3", ".5", "1_000", "2001-01-01", "a", "b", ","],
];

/** The same texts in every run. */
const oddTexts = (count: number): readonly string[] => {
  const { random } = seededWorld("odd texts");
  return Array.from({ length: count }, () => {
    const [length = 0, ...choices] = random(10);
    return choices
      .slice(0, length % 9)
      .map((choice) => oddPieces[choice % oddPieces.length])
      .join("");
  });
};

interface CheckedSeed {
  readonly complaints: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly cloudConfig: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** What cloud-init expects of a machine. */
const places = () => [
  { from: join(work, "certificates"), to: "/etc/ssl/certs" },
  { from: join(work, "run"), to: "/run", writable: true },
];

/** The exit code is for a test to judge, beside what was said. */
const anyCode = Array.from({ length: 256 }, (_, code) => code);

describe.each(["bookworm", "trixie"])("programs of Debian's %s", (suite) => {
  let tree: ToolsTree;

  beforeAll(async () => {
    tree = await toolsTree(io, cache, { suite, packages: readerPrograms });
    await put(join(work, "passwd"), "root:x:0:0::/root:/bin/sh\nhaproxy:x:100:100::/:/bin/sh\n");
    await put(join(work, "group"), "root:x:0:\nhaproxy:x:100:\n");
    // The packages' own scripts have not run; requests will not be imported without.
    await put(join(work, "certificates/ca-certificates.crt"), await readFile("/etc/ssl/certs/ca-certificates.crt"));
    await mkdir(join(work, "run"), { recursive: true });
  });

  const run = (program: Omit<Sandboxed, "doing">) =>
    io.processes.run(
      withNetworkRights(
        sandboxed(io, tree, {
          doing: `checking what was rendered with ${suite}'s programs`,
          accept: anyCode,
          ...program,
        }),
      ),
    );

  const shell = (script: string, binds: NonNullable<Sandboxed["binds"]> = []) =>
    run({ argv: ["sh", "-euc", script], binds: [{ from: rendered, to: "/tmp/rendered" }, ...binds] });

  it("cloud-init renders, accepts and writes every seed as its readable copies say", { timeout: 300_000 }, async () => {
    const { code, stdout, stderr } = await run({
      argv: ["python3", "/tmp/check-seeds.py", "/tmp/rendered"],
      binds: [
        { from: rendered, to: "/tmp/rendered" },
        { from: join(import.meta.dirname, "check-seeds.py"), to: "/tmp/check-seeds.py" },
        ...places(),
      ],
    });
    expect(code, stderr).toBe(0);
    const seeds = JSON.parse(stdout) as Readonly<Record<string, CheckedSeed>>;
    expect(Object.keys(seeds)).toHaveLength(paths("/nocloud/user-data").length);
    for (const [node, { complaints, files, text }] of Object.entries(seeds)) {
      expect(complaints, node).toEqual([]);
      expect(text).not.toContain("CI_MISSING_JINJA_VAR");
      const copies = paths("").filter((path) => path.startsWith(`${node}/files/`));
      expect(Object.keys(files).toSorted()).toEqual(
        copies.map((path) => path.slice(`${node}/files`.length)).toSorted(),
      );
      for (const [path, content] of Object.entries(files)) {
        expect(content, path).toBe(await readFile(join(rendered, node, "files", path), "utf8"));
      }
    }
  });

  it("cloud-init refuses what is wrong, so that its silence means something", { timeout: 120_000 }, async () => {
    const broken = join(work, "broken/case/node/nocloud");
    await put(join(broken, "meta-data"), "instance-id: x\n");
    await put(join(broken, "network-config"), "version: 2\nethernets: {}\n");
    await put(join(broken, "user-data"), "## template: jinja\n#cloud-config\nwrite_files: {{ ds.meta_data.kimg.x }}\n");
    const { stdout } = await run({
      argv: ["python3", "/tmp/check-seeds.py", "/tmp/broken"],
      binds: [
        { from: join(work, "broken"), to: "/tmp/broken" },
        { from: join(import.meta.dirname, "check-seeds.py"), to: "/tmp/check-seeds.py" },
        ...places(),
      ],
    });
    const [seed] = Object.values(JSON.parse(stdout) as Readonly<Record<string, CheckedSeed>>);
    expect(seed?.complaints).not.toEqual([]);
  });

  it("PyYAML and jinja give back every odd text as it was", { timeout: 120_000 }, async () => {
    const texts = oddTexts(3000);
    const document = { list: texts, keys: Object.fromEntries(texts.slice(0, 300).map((text) => [text, [text]])) };
    await put(join(work, "odd/wanted.json"), JSON.stringify(document));
    await put(join(work, "odd/plain.yaml"), toYaml(document));
    await put(join(work, "odd/template.yaml"), toJinja(toYaml(document)));
    const { stdout, stderr } = await run({
      argv: ["python3", "-c", readOddTexts],
      binds: [{ from: join(work, "odd"), to: "/tmp/odd" }],
    });
    expect({ stdout, stderr }).toEqual({ stdout: "same\nsame\n", stderr: "" });
  });

  it("netplan accepts every network configuration", { timeout: 120_000 }, async () => {
    const { stdout, stderr, code } = await shell(`
      # \`netplan generate\` would ask systemd to reload.
      for generate in /usr/lib/netplan/generate /usr/libexec/netplan/generate; do [ ! -x $generate ] || break; done
      cd /tmp/rendered
      for seed in */*/nocloud; do
        root=/tmp/root/$seed
        mkdir -p $root/etc/netplan
        { echo network:; sed 's/^/  /' $seed/network-config; } >$root/etc/netplan/50-cloud-init.yaml
        chmod 600 $root/etc/netplan/50-cloud-init.yaml
        $generate --root-dir $root
        echo "== $seed"; cat $root/run/systemd/network/*
      done`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const units = new Map(
      stdout
        .split("== ")
        .slice(1)
        .map((part) => [part.split("/nocloud\n", 1)[0], part]),
    );
    expect(units.size).toBe(paths("/nocloud/network-config").length);
    expect(units.get("ha/cp1")).toMatch(
      /MACAddress=52:54:00:00:00:21[^]*Address=10\.0\.0\.21\/24[^]*Destination=0\.0\.0\.0\/0\nGateway=10\.0\.0\.1/,
    );
    expect(units.get("ha/cp2")).toMatch(/\[Match\]\nName=e\*/);
    expect(units.get("ha/workers")).toContain("DHCP=ipv4");
    expect(units.get("dual-stack/cp1")).toMatch(/Destination=::\/0\nGateway=fd00:77::1/);
    expect(units.get("dual-stack/more")).toContain("DHCP=yes");
  });

  it("HAProxy accepts every configuration", { timeout: 60_000 }, async () => {
    const configurations = paths("/haproxy.cfg");
    expect(configurations.length).toBeGreaterThanOrEqual(4);
    for (const path of configurations) {
      const authority = join(rendered, path.replace("haproxy/haproxy.cfg", "kimg/ca.crt"));
      // The CA's own place cannot be made in a tree that is read only.
      const { code, stdout, stderr } = await run({
        argv: [
          "sh",
          "-euc",
          "sed 's|/etc/kimg/|/tmp/kimg/|' /tmp/haproxy.cfg >/tmp/cfg; exec haproxy -c -V -f /tmp/cfg",
        ],
        binds: [
          { from: join(rendered, path), to: "/tmp/haproxy.cfg" },
          { from: authority, to: "/tmp/kimg/ca.crt" },
          { from: join(work, "passwd"), to: "/etc/passwd" },
          { from: join(work, "group"), to: "/etc/group" },
        ],
      });
      expect({ path, code, said: stdout + stderr }).toEqual({
        path,
        code: 0,
        said: expect.stringContaining("is valid") as string,
      });
      expect(stdout + stderr).not.toMatch(/warning|alert/i);
    }
  });

  it("keepalived accepts every configuration", { timeout: 60_000 }, async () => {
    const configurations = paths("/keepalived.conf");
    expect(configurations).toHaveLength(3);
    // It wants the interface to exist. The script that finds it on a node is run as well.
    const script = `
      mkdir /tmp/bin
      ln -s /usr/bin/mawk /tmp/bin/awk
      PATH=/tmp/bin:$PATH
      interface() { for kind in dummy veth bridge; do ip link add ens3 type $kind 2>/dev/null && return; done; exit 9; }
      interface
      ip link set ens3 up
      mkdir -p /tmp/run/kimg
      for path in ${configurations.join(" ")}; do
        cp /tmp/rendered/$path /tmp/keepalived.conf
        for address in $(sed -n 's/^ *unicast_src_ip *//p' /tmp/keepalived.conf); do ip address add $address/24 dev ens3; done
        sed 's|/etc/keepalived/|/tmp/|; s|/run/kimg|/tmp/run/kimg|' /tmp/keepalived-interface >/tmp/find
        if grep -q include /tmp/keepalived.conf; then sh /tmp/find; fi
        sed -i 's|/run/kimg|/tmp/run/kimg|; s|/usr/lib/kimg/|/kimg/|; s|nobody nogroup|root|' /tmp/keepalived.conf
        keepalived -t -f /tmp/keepalived.conf
        echo "good: $path"
      done
      cat /tmp/run/kimg/*`;
    const { stdout, stderr, code } = await run({
      argv: ["sh", "-euc", script],
      binds: [
        { from: rendered, to: "/tmp/rendered" },
        {
          from: join(import.meta.dirname, "../../roles/haproxy/files/usr/lib/kimg/keepalived-interface"),
          to: "/tmp/keepalived-interface",
        },
        // Not below /tmp: keepalived runs no script from where others may write. Here root is the only user that there is.
        {
          from: join(import.meta.dirname, "../../roles/haproxy/files/usr/lib/kimg/haproxy-answers"),
          to: "/kimg/haproxy-answers",
        },
      ],
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(`${configurations.map((path) => `good: ${path}\n`).join("")}$INTERFACE=ens3\n`);
  });

  it("a reader of ISO 9660 finds the three files under their names", { timeout: 60_000 }, async () => {
    const { stdout, stderr, code } = await shell(`
      cd /tmp/rendered
      for image in */*/nocloud.iso; do
        isoinfo -d -i $image | grep -x 'Volume id: CIDATA' >/dev/null
        isoinfo -R -f -i $image | sort | tr '\\n' ' '
        for file in meta-data network-config user-data; do
          isoinfo -R -x /$file -i $image | cmp - \${image%.iso}/$file
        done
        echo $image
      done`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const expected = paths("nocloud.iso").map((path) => `/meta-data /network-config /user-data ${path}`);
    expect(stdout.trim().split("\n").toSorted()).toEqual(expected.toSorted());
  });
});

describe("kubeadm and containerd", () => {
  let programs: string;

  beforeAll(async () => {
    programs = join(work, "programs");
    await unpackSupply(io, cache, ["kubeadm", "containerd"], programs);
  });

  const validate = (path: string) => {
    const argv = [join(programs, "usr/bin/kubeadm"), "config", "validate", "--config", path] as const;
    return io.processes.run({ doing: "validating", argv: [...argv], accept: anyCode });
  };

  it("kubeadm accepts every configuration", { timeout: 120_000 }, async () => {
    const configurations = [...paths("/kubeadm/init.yaml"), ...paths("/kubeadm/join.yaml")];
    expect(configurations.length).toBeGreaterThanOrEqual(15);
    for (const path of configurations) {
      const { code, stdout, stderr } = await validate(join(rendered, path));
      expect({ path, code, stdout, stderr }).toEqual({ path, code: 0, stdout: "ok\n", stderr: "" });
    }
  });

  it("kubeadm refuses what is wrong", async () => {
    const text = await readFile(join(rendered, "minimal/cp1/files/etc/kimg/kubeadm/init.yaml"), "utf8");
    await put(join(work, "wrong.yaml"), text.replace("clusterName:", "clusterNaem:"));
    expect(await validate(join(work, "wrong.yaml"))).toMatchObject({ code: 1 });
  });

  it("containerd takes the user's settings beside the image's own", async () => {
    const [dropIn, ...others] = paths("/conf.d/90-cluster.toml").filter((path) => path.includes("/w1/"));
    expect(others).toEqual([]);
    const own = `version = 3\nimports = ['${join(rendered, dropIn ?? "")}']\n`;
    await put(join(work, "config.toml"), own);
    const argv = [
      join(programs, "usr/bin/containerd"),
      "--config",
      join(work, "config.toml"),
      "config",
      "dump",
    ] as const;
    const { stdout } = await io.processes.run({ doing: "asking containerd for its configuration", argv: [...argv] });
    expect(stdout).toContain("max_container_log_line_size = 32768");
    expect(stdout).toMatch(/\[debug\][^[]*level = ['"]info['"]/);
  });
});
