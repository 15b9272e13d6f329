// The trust that kimg makes, given to the programs that will hold it: kubeadm issues certificates with it, age opens its file.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import { encryptText } from "../../src/secrets/encryption.ts";
import { generateSecrets } from "../../src/secrets/secrets.ts";
import { renderCluster } from "../../src/render/render.ts";
import { sandboxed } from "../../src/tools/sandbox.ts";
import { toolsTree } from "../../src/tools/tools.ts";
import { readerPrograms } from "../support/reader-programs.ts";
import { goldenCluster } from "../support/render-case.ts";
import { withScratch } from "../support/scratch.ts";
import { unpackSupply } from "../support/unpack-supply.ts";

const pki = "cp1/files/etc/kimg/pki/";

it("kubeadm issues every certificate of a control plane with it", () =>
  withScratch(async ({ io, folder }) => {
    const cluster = await goldenCluster("ha");
    const tree = renderCluster(cluster, await generateSecrets(io, cluster.name));
    for (const [path, { bytes }] of [...tree].filter(([each]) => each.startsWith(pki))) {
      const place = join(folder, "pki", path.slice(pki.length));
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, bytes);
    }
    const init = Buffer.from(tree.get("cp1/files/etc/kimg/kubeadm/init.yaml")?.bytes ?? []).toString();
    await writeFile(
      join(folder, "init.yaml"),
      init.replace("\nclusterName:", `\ncertificatesDir: ${folder}/pki\nclusterName:`),
    );
    await unpackSupply(io, openCache(io, cacheFolder(io.environment)), ["kubeadm"], join(folder, "programs"));
    const argv = [
      join(folder, "programs/usr/bin/kubeadm"),
      "init",
      "phase",
      "certs",
      "all",
      "--config",
      join(folder, "init.yaml"),
    ] as const;
    const { stdout } = await io.processes.run({ doing: "issuing certificates", argv: [...argv] });
    for (const authority of ["ca", "front-proxy-ca", "etcd/ca"]) {
      expect(stdout).toContain(`Using existing ${authority} certificate authority`);
    }
    expect(stdout).toContain('Using the existing "sa" key');
    expect(stdout).toMatch(
      /apiserver serving cert .* IPs \[10\.200\.0\.1 10\.0\.0\.21 10\.0\.0\.10 10\.0\.0\.11 10\.0\.0\.12\]/,
    );
  }));

/** age asks on a terminal only, so it is given one. */
const answering = `
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp("age", ["age", "--decrypt", "/tmp/secrets.yaml"])
said = b""
while b"passphrase" not in said.lower():
    said += os.read(terminal, 1000)
os.write(terminal, b"correct horse\\n")
try:
    while part := os.read(terminal, 1000):
        said += part
except OSError:
    pass
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
`;

it("age opens a file that kimg encrypted", () =>
  withScratch(async ({ io, folder }) => {
    const file = join(folder, "secrets.yaml");
    await writeFile(file, await encryptText("version: 1\ncluster: prod\n", "correct horse", 12));
    expect(await readFile(file, "utf8")).not.toContain("prod");
    const tree = await toolsTree(io, openCache(io, cacheFolder(io.environment)), {
      suite: "trixie",
      packages: readerPrograms,
    });
    const binds = [{ from: file, to: "/tmp/secrets.yaml" }];
    const { stdout } = await io.processes.run(
      sandboxed(io, tree, { doing: "decrypting with age", argv: ["python3", "-c", answering], binds }),
    );
    expect(stdout).toContain("cluster: prod");
  }));
