import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Operated, withOperated } from "../../tests/support/operated-cluster.ts";
import { formatLock } from "../lock.ts";
import { secretNames } from "../secrets/allowed-secrets.ts";
import { writeTar } from "../supply/tar.ts";
import { inspect, type InspectOptions } from "./inspect.ts";
import { render } from "./render.ts";

const look = ({ io }: Operated, artifact: string, more: Partial<InspectOptions> = {}): Promise<string> =>
  inspect(io, { artifact, files: false, packages: false, json: false, ...more });

const rendered = async ({ io, common, folder }: Operated): Promise<string> => {
  await render(io, { ...common, output: join(folder, "build") });
  return join(folder, "build/prod");
};

describe("a seed", () => {
  it.each(["w1", "w1/nocloud", "w1/nocloud.iso"])("%s says who it is for and what it writes, and no secret", (name) =>
    withOperated(async (operated) => {
      const text = await look(operated, join(await rendered(operated), name));
      expect(text).toMatch(/^instance-id kimg-prod-w1-[0-9a-f]{8}$/m);
      expect(text).toContain("role worker of cluster prod (new)\nendpoint 10.0.0.10:6443\n");
      expect(text).toContain("secrets in the meta-data, not shown: token\n");
      expect(text).toMatch(/^ {2}0600 .* \/etc\/kimg\/kubeadm\/join\.yaml$/m);
      const { values } = await operated.secrets();
      for (const secret of secretNames) expect(text).not.toContain(values[secret]);
    })(),
  );
});

describe("a rendered tree", () => {
  it(
    "lists its nodes",
    withOperated(async (operated) => {
      const folder = await rendered(operated);
      expect(await look(operated, folder)).toMatch(/seeds of 5 nodes and pools\n {2}cp1 +master-init +\d+ files\n/);
      const { kind, nodes } = JSON.parse(await look(operated, folder, { json: true })) as {
        kind: string;
        nodes: object;
      };
      expect([kind, Object.keys(nodes)]).toEqual(["rendered", ["cp1", "cp2", "cp3", "lb1", "w1"]]);
    }),
  );
});

const file = (text: string) => ({ kind: "file" as const, mode: 0o644, bytes: Buffer.from(text) });

describe("an image", () => {
  const description = {
    ...{ role: "worker", bootstrap: "join-worker", kubernetes: "1.37.2", components: { kubelet: "1.37.2-0kimg1" } },
    os: { image: "debian-13", suite: "trixie", architecture: "amd64" },
    containerImages: ["registry.k8s.io/pause:3.10.2"],
  };
  const makeTar = async ({ io, folder }: Operated): Promise<string> => {
    const path = join(folder, "worker.tar");
    const tree = new Map([
      ["etc/kimg/image.json", file(JSON.stringify(description))],
      ["var/lib/dpkg/status", file("Package: bash\nStatus: install ok installed\nVersion: 5.2-1\n")],
    ]);
    await writeTar(io, tree, path, { epoch: 0 });
    return path;
  };

  it(
    "as a tar says what it was made from, and more when asked",
    withOperated(async (operated) => {
      const path = await makeTar(operated);
      const text = await look(operated, path);
      expect(text).toContain("made by kimg: role worker on debian-13, Kubernetes 1.37.2, amd64\n");
      expect(text).toContain("container images\n  registry.k8s.io/pause:3.10.2\n");
      expect(text).toContain("1 distribution packages (--packages lists them)\n2 files, ");
      expect(await look(operated, path, { packages: true })).toMatch(/^ {2}bash +5\.2-1$/m);
      expect(await look(operated, path, { files: true })).toMatch(
        /^ {2}-0644 +0:0 +\d+ +[0-9a-f]{64} +\/etc\/kimg\/image\.json$/m,
      );
    }),
  );

  it(
    "gives programs its files only when they ask",
    withOperated(async (operated) => {
      const path = await makeTar(operated);
      const read = async (files: boolean) =>
        JSON.parse(await look(operated, path, { json: true, files })) as { root: { files?: object; packages: object } };
      expect((await read(false)).root).toMatchObject({ packages: { bash: "5.2-1" } });
      expect((await read(false)).root.files).toBeUndefined();
      expect(Object.keys((await read(true)).root.files ?? {})).toContain("/etc/kimg/image.json");
    }),
  );
});

describe("a folder of kimg build", () => {
  it(
    "says what is in it, and what is broken",
    withOperated(async (operated) => {
      const folder = join(operated.folder, "image");
      await mkdir(folder);
      await writeFile(join(folder, "kimg.lock"), formatLock([]));
      expect(await look(operated, folder)).toContain("a lock of an image");
      const artifacts = [{ id: "raw", kind: "raw", path: "a.raw", size: 1024, sha256: "", purpose: "for dd" }];
      await writeFile(
        join(folder, "artifacts.json"),
        JSON.stringify({ name: "worker-x", from: "modules", kimg: "1", artifacts }),
      );
      expect(await look(operated, folder)).toMatch(/image worker-x, .*\n {2}a\.raw +1\.00 KiB +for dd$/);
      await writeFile(join(folder, "artifacts.json"), "{");
      await expect(look(operated, folder)).rejects.toThrow("artifacts.json is damaged");
    }),
  );
});

it(
  "a cluster.yaml is none of these",
  withOperated(async (operated) => {
    await expect(look(operated, operated.cluster)).rejects.toThrow("is a text, and neither an image nor a seed");
  }),
);
