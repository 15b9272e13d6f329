// Asks cloud-init of the image's suite about the seeds' user-data, in the sandbox. Must not know where in cluster.yaml something comes from.
import { join } from "node:path";
import type { Cache } from "../edge/cache.ts";
import type { Io } from "../edge/io.ts";
import { sandboxed } from "../tools/sandbox.ts";
import { toolsTree } from "../tools/tools.ts";
import type { Asked, Judged } from "./asked.ts";
import { askCloudInit, cloudInitSaid } from "./cloud-init.ts";

export const cloudInitPackages = ["cloud-init"];

/** Debian's requests, which cloud-init imports, does not come up without the host's certificates. */
const certificates = "/etc/ssl/certs";

/** The nodes of one suite: each release of cloud-init has a schema of its own. */
const judgeSuite = async (
  io: Io,
  cache: Cache,
  suite: string,
  { tree, nodes, folder }: Asked,
): Promise<readonly Judged[]> => {
  const seeds = join(folder, `seeds-${suite}`);
  for (const [index, node] of nodes.entries()) {
    for (const file of ["meta-data", "user-data"]) {
      await io.files.write(join(seeds, String(index), file), tree.get(`${node.name}/nocloud/${file}`)?.bytes ?? "");
    }
  }
  await io.files.makeFolder(join(folder, "run"));
  const programs = await toolsTree(io, cache, { suite, packages: cloudInitPackages });
  const trusted = (await io.files.status(certificates)) === undefined ? [] : [{ from: certificates }];
  const { stdout } = await io.progress.stage(`asking cloud-init of ${suite}`, () =>
    io.processes.run(
      sandboxed(io, programs, {
        doing: "asking cloud-init",
        argv: ["python3", "-c", askCloudInit],
        binds: [{ from: seeds, to: "/seeds" }, { from: join(folder, "run"), to: "/run", writable: true }, ...trusted],
      }),
    ),
  );
  return cloudInitSaid(stdout).flatMap((seed, index): Judged[] => {
    const node = nodes[index];
    return node === undefined ? [] : [{ node, section: ["cloudConfig"], ...seed }];
  });
};

export const judgeByCloudInit = async (io: Io, cache: Cache, asked: Asked): Promise<readonly Judged[]> => {
  const judged: Judged[] = [];
  for (const suite of new Set(asked.nodes.map(({ image }) => image.suite))) {
    const nodes = asked.nodes.filter(({ image }) => image.suite === suite);
    judged.push(...(await judgeSuite(io, cache, suite, { ...asked, nodes })));
  }
  return judged;
};
