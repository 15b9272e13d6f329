// Which secrets lie in which files of a machine's disk, found by their bytes; and which of them may: the table of the life after a
// node has joined (docs: what a member keeps). Reads the disk from outside, so that nothing on the machine can hide a file.
import { readFile, readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Bootstrap, SecretName, Secrets } from "../../src/model.ts";
import { secretSearch, type SecretSearch } from "../../src/render/secret-search.ts";
import type { Disk } from "./disk.ts";

/** Everybody may know these. */
const open: readonly SecretName[] = ["ca.crt", "front-proxy-ca.crt", "etcd-ca.crt", "sa.pub"];

const controlPlane: Readonly<Partial<Record<SecretName, readonly string[]>>> = {
  "ca.key": ["/etc/kubernetes/pki/ca.key"],
  "front-proxy-ca.key": ["/etc/kubernetes/pki/front-proxy-ca.key"],
  "etcd-ca.key": ["/etc/kubernetes/pki/etcd/ca.key"],
  "sa.key": ["/etc/kubernetes/pki/sa.key"],
  "encryption-key": ["/etc/kubernetes/encryption/configuration.yaml"],
};

/** Where a member must have a secret, and where alone it may; nowhere, where nothing is said. */
const places: Readonly<Record<Bootstrap, Readonly<Partial<Record<SecretName, readonly string[]>>>>> = {
  init: controlPlane,
  "join-control-plane": controlPlane,
  "join-worker": {},
  none: {},
  "load-balancer": {
    "vrrp-password": ["/etc/keepalived/keepalived.conf"],
    "stats-password": ["/etc/haproxy/haproxy.cfg"],
  },
};

/** A load balancer keeps its seed, for it has nothing else to hide: both passwords are in its own configuration for good. */
const anywhere: Readonly<Partial<Record<Bootstrap, readonly SecretName[]>>> = {
  "load-balancer": ["vrrp-password", "stats-password"],
};

export const searchFor = ({ values }: Secrets): SecretSearch => {
  const secretNames = (Object.keys(values) as SecretName[]).filter((name) => !open.includes(name));
  return secretSearch(
    values,
    secretNames,
    open.map((name) => values[name]),
  );
};

export interface FoundSecret {
  readonly secret: SecretName;
  /** As the machine sees it. */
  readonly path: string;
}

/** Files of a folder that are the machine's own: hard links are of the image, which was made before there was a secret. */
async function* ownFiles(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* ownFiles(path);
    else if (entry.isFile() && (await stat(path)).nlink === 1) yield path;
  }
}

/** Every own file of the disk with what was found in it. A file that goes away meanwhile holds nothing. */
export const secretsOnDisk = async (disk: Disk, search: SecretSearch): Promise<readonly FoundSecret[]> => {
  const found: FoundSecret[] = [];
  const folders = [[disk.upper, "/"] as const, ...disk.folders];
  for (const [folder, mounted] of folders) {
    for await (const file of ownFiles(folder)) {
      const bytes = await readFile(file).catch(() => Buffer.alloc(0));
      const path = join(mounted, relative(folder, file));
      found.push(...search.find(bytes).map((secret) => ({ secret, path })));
    }
  }
  return found;
};

/** Of what was found, what a member of this kind must not have. */
export const forbidden = (bootstrap: Bootstrap, found: readonly FoundSecret[]): readonly FoundSecret[] =>
  found.filter(
    ({ secret, path }) => !anywhere[bootstrap]?.includes(secret) && !(places[bootstrap][secret] ?? []).includes(path),
  );

/** Of what a member must have, what was not found: a search that finds nothing at all proves nothing. */
export const missing = (bootstrap: Bootstrap, found: readonly FoundSecret[]): readonly FoundSecret[] =>
  Object.entries(places[bootstrap]).flatMap(([secret, paths]) =>
    paths
      .filter((path) => !found.some((each) => each.secret === secret && each.path === path))
      .map((path) => ({ secret: secret as SecretName, path })),
  );
