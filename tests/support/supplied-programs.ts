// Single programs of the default supply, also of those that come in container images only.
import type { Cache } from "../../src/edge/cache.ts";
import type { Io } from "../../src/edge/io.ts";
import { compilePrograms } from "../../src/supply/compile.ts";
import { select } from "../../src/supply/selection.ts";

/** Those of Kubernetes and etcd. */
const parts = { packages: ["kubeadm"], images: ["etcd", "kube-apiserver"] };

/** Name → path in the cache; compiled where it is not there. */
export const suppliedPrograms = async <Name extends string>(
  io: Io,
  cache: Cache,
  names: readonly Name[],
): Promise<Readonly<Record<Name, string>>> => {
  const { packages, images } = await select(io, { kubernetes: "1.37.2", architecture: "amd64", ...parts });
  const described = names.map((name) => {
    const component = [...packages, ...images].map((part) => part.component).find((each) => name in each.programs);
    const program = component?.programs[name];
    if (program === undefined) throw new Error(`no component has a program ${name}`);
    return [name, program] as const;
  });
  const compiled = await compilePrograms(
    io,
    cache,
    described.map(([, program]) => program),
  );
  return Object.fromEntries(described.map(([name, program]) => [name, compiled.get(program)?.path ?? ""])) as Record<
    Name,
    string
  >;
};
