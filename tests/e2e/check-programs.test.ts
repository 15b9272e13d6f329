// `kimg check --with-programs`: real kubeadm, cloud-init and HAProxy, of both suites, and a real Packer, and the places in cluster.yaml, in
// roles and in images that they lead back to.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { check } from "../../src/commands/check.ts";
import { shippedFolder } from "../../src/content.ts";
import { type Diagnostic, DiagnosticError, formatPath } from "../../src/diagnostic.ts";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import type { Io } from "../../src/edge/io.ts";
import { systemProcesses } from "../../src/edge/processes.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { newPacker, oldPacker } from "../support/packer-programs.ts";
import { withScratch } from "../support/scratch.ts";

/** `^` marks what is wrong; each line has at most one. */
const wrong = `version: 1
name: tuned
network: { nodes: 10.9.0.0/24, gateway: 10.9.0.1, dns: [10.9.0.2] }
kubeadm:
  ClusterConfiguration:
    apiServer:
      certSANs: ^[api.example.org, "foo bar"]
      extraArgs: [{ name: a, value: "3" }]
    featureGates: ^{ Nope: true }
kubelet:
  ^maxPodss: 200
kubeProxy: { conntrack: { min: ^lots } }
cloudConfig:
  timezone: ^3
  write_files:
    - { path: /etc/motd, content: x }
    - { path: /etc/other, content: ^[] }
roles:
  worker:
    kubelet: { maxPods: ^many }
    cloudConfig:
      ntp: { servers: ^x }
nodes:
  - { name: cp1, role: master-init, address: 10.9.0.21 }
  - name: w1
    role: worker
    image: debian-12
    address: 10.9.0.31
    cloudConfig:
      mounts:
        - [/dev/sdb, /data]
        - ^[]
pools:
  - name: more
    role: worker
    count: 2
    kubeadm: { JoinConfiguration: { nodeRegistration: { ^taint: [] } } }
`;

const marks = (text: string): readonly string[] =>
  text.split("\n").flatMap((line, index) => (line.includes("^") ? [`${index + 1}:${line.indexOf("^") + 1}`] : []));

interface Given {
  /** Files of a library of the user's: path → text. */
  readonly library?: Readonly<Record<string, string>>;
  /** A shell's line that stands for Packer; `"$@"` is what it is called with. */
  readonly packer?: string;
}

const withPacker = async (io: Io, folder: string, line: string | undefined): Promise<Io> => {
  if (line === undefined) return io;
  await writeFile(join(folder, "packer"), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  const environment = { ...io.environment, PATH: `${folder}:${io.environment["PATH"] ?? ""}` };
  return { ...io, environment, processes: systemProcesses(environment, io.signal) };
};

const run = async (text: string, given: Given = {}): Promise<string | DiagnosticError> => {
  let outcome: string | DiagnosticError = "";
  await withScratch(async ({ io, folder }) => {
    const cluster = join(folder, "cluster.yaml");
    await writeFile(cluster, text);
    for (const [path, content] of Object.entries(given.library ?? {})) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    try {
      const libraries = given.library === undefined ? [] : [folder];
      outcome = await check(await withPacker(io, folder, given.packer), {
        cluster,
        libraries,
        format: "text",
        programs: true,
      });
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      outcome = error;
    }
  });
  return outcome;
};

/** `roles/x/role.yaml:3:5 message`, in their order. */
const placed = (outcome: string | DiagnosticError): readonly string[] => {
  if (typeof outcome === "string") throw new Error(`it was taken: ${outcome}`);
  return outcome.diagnostics.map(({ location, message }: Diagnostic) => {
    const file = location?.file.replace(/^\/tmp\/[^/]+\//, "");
    return `${file}:${location?.line}:${location?.column} ${message}`;
  });
};

describe("kubeadm and cloud-init", () => {
  it("refuse each field at its place in cluster.yaml, and all at once", async () => {
    const outcome = await run(wrong.replaceAll("^", ""));
    const { diagnostics } = outcome as DiagnosticError;
    const found = diagnostics.map(({ location }) => `${location?.line}:${location?.column}`);
    expect(found, diagnostics.map(({ message, path }) => `${formatPath(path ?? [])}: ${message}`).join("\n")).toEqual(
      marks(wrong),
    );
    for (const { code } of diagnostics) expect(code).toMatch(/^program\/(?:kubeadm|cloud-init)$/);
    const messages = diagnostics.map(({ message }) => message);
    expect(messages).toContain('kubeadm refuses this: unknown field "maxPodss"; did you mean "maxPods"?');
    expect(messages).toContain('kubeadm refuses this: unknown field "nodeRegistration.taint"; did you mean "taints"?');
  });

  it("take what is right, with every kind of pass-through", async () => {
    const right = await run(`version: 1
name: tuned
network: { nodes: 10.9.0.0/24, gateway: 10.9.0.1, dns: [10.9.0.2] }
kubeadm: { ClusterConfiguration: { apiServer: { certSANs: [api.example.org] } } }
kubelet: { maxPods: 200, evictionHard: { memory.available: 200Mi } }
kubeProxy: { mode: iptables }
cloudConfig: { timezone: Europe/Berlin, users: [default, { name: ops, lock_passwd: true }] }
roles: { worker: { kubelet: { maxPods: 110 }, cloudConfig: { ntp: { servers: [ntp.example.org] } } } }
nodes: [{ name: cp1, role: master-init, address: 10.9.0.21 }]
pools: [{ name: workers, role: worker, count: 2 }]
`);
    expect(right).toMatch(/is right: cluster tuned/);
  });
});

/** The last load balancer's own pass-through can be put behind it. */
const balanced = `version: 1
name: balanced
network: { nodes: 10.9.0.0/24, gateway: 10.9.0.1, dns: [10.9.0.2] }
endpoint: { host: 10.9.0.10 }
nodes:
  - { name: cp1, role: master-init, address: 10.9.0.21 }
  - { name: lb1, role: haproxy, address: 10.9.0.11 }
  - name: lb2
    role: haproxy
    image: debian-12
    address: 10.9.0.12
`;

const shippedRole = join(shippedFolder, "roles/haproxy");
const shippedTemplate = await readFile(join(shippedRole, "haproxy.cfg.hbs"), "utf8");

describe("HAProxy", () => {
  it("refuses a line where it is written: in a role's template, or in cluster.yaml", async () => {
    const role = await readFile(join(shippedRole, "role.yaml"), "utf8");
    const bad = shippedTemplate
      .replace("{{/each}}\n", "{{/each}}\n  server spare {{cluster.name}}.example.org:6443 chek\n")
      .replace("default_backend masters", "default_backend slaves");
    const lineOf = (words: string): number => bad.split("\n").findIndex((each) => each.includes(words)) + 1;
    const text = `${balanced}    cloudConfig:
      write_files:
        - path: /etc/haproxy/haproxy.cfg
          append: true
          content: |
            frontend more
              mode tcpp
`;
    const outcome = await run(text, {
      library: {
        "roles/haproxy/role.yaml": role.replace("kimg:\n", "kimg:\n  replaces: true\n").replace("[files]", "[]"),
        "roles/haproxy/haproxy.cfg.hbs": bad,
        "roles/haproxy/keepalived.conf.hbs": await readFile(join(shippedRole, "keepalived.conf.hbs"), "utf8"),
      },
    });
    expect(placed(outcome)).toEqual([
      "cluster.yaml:18:15 HAProxy refuses this: unknown proxy mode 'tcpp'.",
      `roles/haproxy/haproxy.cfg.hbs:${lineOf("chek")}:3 HAProxy refuses this: 'server masters/spare' : unknown keyword 'chek'; did you mean 'check' maybe ?`,
    ]);
    for (const { code } of (outcome as DiagnosticError).diagnostics) expect(code).toBe("program/haproxy");
  });

  it("takes kimg's own, names that only the nodes know, and files of the seed", async () => {
    const right = `${balanced}    cloudConfig:
      write_files:
        - path: /etc/haproxy/haproxy.cfg
          append: true
          content: |
            frontend more
              mode http
              bind *:81
              errorfile 503 /opt/busy.http
              default_backend away
            backend away
              mode http
              server a a.example.org:80
        - { path: /opt/busy.http, content: "HTTP/1.0 503 Busy\\r\\ncontent-length: 0\\r\\n\\r\\n" }
`;
    expect(await run(right)).toMatch(/^\S+ is right: cluster balanced/);
    const missing = await run(right.replace("path: /opt/busy.http", "path: /opt/other.http"));
    expect(placed(missing)).toEqual([expect.stringMatching(/^cluster\.yaml:20:15 HAProxy refuses this: .*busy\.http/)]);
  });
});

const image = `description: For tests.
distribution: debian
suite: trixie
sources: [deb http://deb.debian.org/debian trixie main]
packages: [linux-image-amd64, systemd-sysv, cloud-init]
packer:
  source:
    qemu: { memory: 4096, cpuss: 2 }
    amazon-ebs:
      ami_regions: [eu-west-1]
      launch_block_device_mappings:
        - device_name: /dev/xvda
          volume_sise: 5
    openstack: { metadata: { a: b } }
    docker: { image: debian }
`;

const small = `version: 1
name: small
network: { nodes: 10.9.0.0/24, gateway: 10.9.0.1, dns: [10.9.0.2] }
nodes: [{ name: cp1, role: master-init, image: own, address: 10.9.0.21 }]
`;

const refuses = (place: string, message: string): string =>
  `images/own/image.yaml:${place} Packer refuses this: ${message}`;

const io = systemIo(startProgress("lines"), new AbortController().signal);
const cache = openCache(io, cacheFolder(io.environment));

/** Where no proxy leads anywhere, and no plugin is. */
const alone = (program: string): string => {
  const proxies = ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"].map(
    (name) => `${name}=http://127.0.0.1:1`,
  );
  return `exec env ${proxies.join(" ")} PACKER_PLUGIN_PATH=/nowhere ${program} "$@"`;
};

describe("Packer", () => {
  it("refuses the user's own fields in image.yaml, and nothing that a build would be given", async () => {
    const { path } = await oldPacker(io, cache);
    const outcome = await run(small, { library: { "images/own/image.yaml": image }, packer: alone(path) });
    expect(placed(outcome)).toEqual([
      refuses("8:27", 'An argument named "cpuss" is not expected here.'),
      refuses("13:11", 'No argument or block type is named "volume_sise". Did you mean "volume_size"?'),
      refuses("15:5", "No instructions given for handling the artifact; expected commit, discard, or export_path"),
    ]);
  });

  const cases: readonly (readonly [string, RegExp, () => Promise<string>])[] = [
    ["there is none", /^failed while looking for Packer: \S+ is not HashiCorp's Packer/, async () => "echo 12 34"],
    [
      "its plugin cannot be had",
      /^failed while fetching Packer's plugin: /,
      async () => alone(await newPacker(io, cache)),
    ],
  ];

  it.each(cases)("is not asked where %s, and that is said", async (_, why, packer) => {
    const library = { "images/own/image.yaml": image.replace(/ {4}amazon-ebs:[^]*$/, "") };
    const text = await run(small, { library, packer: await packer() });
    const [, said = ""] =
      /^warning\[program\/not-asked\]: Packer was not asked about this: (.*)/.exec(String(text)) ?? [];
    expect(said).toMatch(why);
    expect(text).toMatch(/image\.yaml:8:5 {2}packer\.source\.qemu\n[^]*is right: cluster small/);
  });
});
