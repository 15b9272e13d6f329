// Two folders of `kimg build` → how their manifests and locks differ; their disks are not looked into. Pure.
import type { LockEntry } from "../model.ts";
import { compareMaps, compareTexts, type Difference, type Texts } from "./difference.ts";
import type { InspectedBuild } from "./inspect.ts";

const entriesOf = ({ lock }: InspectedBuild): ReadonlyMap<string, LockEntry> =>
  new Map(lock.map((entry) => [`${entry.kind} ${entry.name}`, entry]));

const titleOf = ({ manifest }: InspectedBuild): Texts =>
  manifest === undefined
    ? {}
    : { role: manifest.role, image: manifest.image, kubernetes: manifest.kubernetes, from: manifest.from };

const artifactsOf = ({ manifest }: InspectedBuild): Texts =>
  Object.fromEntries((manifest?.artifacts ?? []).map(({ kind, sha256 }) => [kind, `sha256:${sha256}`]));

const sameEntry = (a: LockEntry, b: LockEntry): boolean => a.version === b.version && a.sha256 === b.sha256;

/** The digest where the version does not tell them apart. */
const entryWords = ({ version, sha256 }: LockEntry, other: LockEntry | undefined): string =>
  version === other?.version ? `${version} sha256:${sha256.slice(0, 12)}` : version;

export const compareBuilds = (a: InspectedBuild, b: InspectedBuild): readonly Difference[] => [
  ...compareTexts("image", titleOf(a), titleOf(b)),
  ...compareMaps("lock", [entriesOf(a), entriesOf(b)], sameEntry, entryWords),
  ...compareTexts("artifacts", artifactsOf(a), artifactsOf(b)),
];
