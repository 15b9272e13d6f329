// kimg's own commands as an operator runs them, who is on the machines' network.
import { fileURLToPath } from "node:url";
import type { Finished } from "../../src/edge/io.ts";
import type { Lab } from "./lab.ts";
import { ownSeeds, seedsFolder, trustFile } from "./seeds.ts";

const program = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

/** Of the lab's own seeds, whose cluster.yaml and trust it is given. */
export const kimg = ({ io, place, network }: Lab, verb: string, argv: readonly string[]): Promise<Finished> => {
  const folder = seedsFolder(place, ownSeeds.name);
  const given = [`${folder}/cluster.yaml`, "--secrets", trustFile(place)];
  return io.processes.run({
    doing: `running kimg ${verb}`,
    argv: ["ip", "netns", "exec", network.lan, process.execPath, ...process.execArgv, program, verb, ...argv, ...given],
  });
};

/** Those that write seeds write them over the lab's own. */
export const renderingKimg = (lab: Lab, verb: string, argv: readonly string[]): Promise<Finished> =>
  kimg(lab, verb, [...argv, "--output", seedsFolder(lab.place, ownSeeds.name)]);
