// How much of a platform's limit a seed takes, counted on what travels: too much is an error, nearly too much a warning, and both say what
// is large and what would make it smaller.
import type { Diagnostic } from "../../diagnostic.ts";
import type { DatasourceName, Node } from "../../model.ts";
import type { NodeFile } from "../seed.ts";
import type { Budget, SeedFile } from "./datasource.ts";

/** What of a seed travels to its machine. */
export interface Travelling {
  readonly datasource: DatasourceName;
  /** Below the node's folder. */
  readonly path: string;
  /** Bytes, as the platform counts them. */
  readonly used: number;
  readonly budget: Budget | undefined;
}

/** Where something has a limit, the rest is left out: it is the same in another form, or may be of any size. */
export const travelling = (datasource: DatasourceName, files: readonly SeedFile[]): readonly Travelling[] => {
  const limited = files.filter(({ budget }) => budget !== undefined);
  return (limited.length === 0 ? files : limited).map(({ path, bytes, budget }) => ({
    ...{ datasource, path, budget },
    used: budget?.used ?? bytes.length,
  }));
};

/** Something with a limit, of a node. */
export interface Measured {
  readonly node: Node;
  readonly datasource: DatasourceName;
  readonly budget: Budget;
  /** Bytes. */
  readonly used: number;
  /** Sizes of what the seed writes on its machine, as they count: path → bytes. */
  readonly parts: () => ReadonlyMap<string, number>;
}

export const measured = (
  node: Node,
  all: readonly Travelling[],
  parts: (compressed: boolean) => ReadonlyMap<string, number>,
): readonly Measured[] =>
  all.flatMap(({ datasource, used, budget }) =>
    budget === undefined ? [] : [{ node, datasource, budget, used, parts: () => parts(budget.compressed) }],
  );

const warnFrom = 0.8;

export const isNearLimit = (used: number, limit: number): boolean => used > limit * warnFrom;

const partsShown = 4;

const counted = (bytes: number): string => bytes.toLocaleString("en-US");

type Size = readonly [path: string, bytes: number];

const largestFirst = (parts: ReadonlyMap<string, number>): readonly Size[] =>
  [...parts].toSorted(([left, first], [right, second]) => second - first || (left < right ? -1 : 1));

const cures: readonly (readonly [RegExp, string])[] = [
  [
    /^etc\/kimg\/manifests\/00-cni\.yaml$/,
    "network.cni: none leaves the network plugin to you: kubectl apply it once the API answers",
  ],
  [/^etc\/kimg\/manifests\/(?!00-cni)/, "manifests can be applied with kubectl once the cluster stands"],
  [
    /^(?!etc\/(?:kimg|kubernetes|containerd|haproxy|keepalived)\/)/,
    "files of cloudConfig can be part of an image of your own",
  ],
];

/** Bytes that such a key's file never has, as text or compressed; one of RSA has more. */
const ofP256 = 600;
const otherKeys = "keys of ECDSA P-256, which `kimg secrets` makes, are a fifth of RSA's";
const textOnly = "a datasource that takes compressed user-data holds about three times as much";

const total = (sizes: readonly Size[]): number => sizes.reduce((sum, [, bytes]) => sum + bytes, 0);

const shareOf = (sizes: readonly Size[], pattern: RegExp): number =>
  total(sizes.filter(([path]) => pattern.test(path))) / total(sizes);

/** Who saves less than this is not helped. */
const worthSaying = 0.1;

const hintOf = ({ budget, parts }: Measured): string => {
  const sizes = largestFirst(parts());
  const shown = sizes.slice(0, partsShown).map(([path, bytes]) => `/${path} ${counted(bytes)}`);
  const rest = total(sizes.slice(partsShown));
  const list = [...shown, ...(rest === 0 ? [] : [`others ${counted(rest)}`])].join(", ");
  const found = cures.filter(([pattern]) => shareOf(sizes, pattern) >= worthSaying).map(([, cure]) => cure);
  const rsa = sizes.some(([path, bytes]) => /^etc\/kimg\/pki\/.*\.key$/.test(path) && bytes > ofP256);
  return [
    `bytes${budget.compressed ? ", each compressed alone" : ""}: ${list}`,
    ...found,
    ...(rsa ? [otherKeys] : []),
    ...(budget.compressed ? [] : [textOnly]),
  ].join("\n");
};

const diagnosticOf = (all: readonly Measured[], worst: Measured): Diagnostic => {
  const { node, datasource, budget, used } = worst;
  const others = all.length === 1 ? "" : ` (and ${all.length - 1} more of the role ${node.role.name})`;
  const percent = Math.round((used / budget.limit) * 100);
  const size = `${counted(used)} of the ${counted(budget.limit)} bytes that ${datasource} carries`;
  const message = `${node.name}${others}: ${budget.what} takes ${size} (${percent} %${budget.compressed ? ", compressed" : ""})`;
  const tooBig = used > budget.limit;
  return {
    severity: tooBig ? "error" : "warning",
    code: tooBig ? "render/seed-too-big" : "render/seed-nearly-full",
    message,
    hint: hintOf(worst),
  };
};

/** One complaint for all nodes of a role that a datasource takes too much of, or nearly. */
export const budgetDiagnostics = (all: readonly Measured[]): readonly Diagnostic[] => {
  const groups = new Map<string, Measured[]>();
  for (const each of all.filter(({ used, budget }) => isNearLimit(used, budget.limit))) {
    const key = JSON.stringify([each.node.role.name, each.datasource, each.budget.what]);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()].map((group) =>
    diagnosticOf(
      group,
      group.reduce((worst, each) => (each.used > worst.used ? each : worst)),
    ),
  );
};

/** What the files would be in the seed, each for itself. */
export const partSizes = (
  files: readonly (NodeFile & { readonly bytes: Uint8Array })[],
  gzip: ((bytes: Uint8Array) => Uint8Array) | undefined,
): ReadonlyMap<string, number> =>
  new Map(files.map(({ path, bytes }) => [path, gzip === undefined ? bytes.length : gzip(bytes).length]));
