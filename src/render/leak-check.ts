// Role × secret, checked over what was rendered and not over what was meant: no node's files may hold a secret that its bootstrap does not
// allow. Must not name a value.
import type { Bootstrap, FileTree, SecretName, Secrets } from "../model.ts";
import { SECRETS_BY_BOOTSTRAP, secretNames } from "../secrets/allowed-secrets.ts";
import { secretSearch, type SecretSearch } from "./secret-search.ts";

/** A secret was about to get to a node that must not have it. A bug of kimg, or of a role that got around its checks. */
export class SecretLeak extends Error {
  override readonly name = "SecretLeak";
  readonly code = "render/secret-leak";
  constructor(
    readonly file: string,
    readonly secret: SecretName,
  ) {
    super(`${file} would hold ${secret}, which this role may not have; nothing was written`);
  }
}

/** Public: known to whoever meets the cluster. */
export const openToAll: ReadonlySet<SecretName> = new Set(["ca.crt", "front-proxy-ca.crt", "etcd-ca.crt", "sa.pub"]);

export const isOpenToAll = (name: SecretName): boolean => openToAll.has(name);

export interface LeakCheck {
  /** Throws SecretLeak. */
  readonly check: (bootstrap: Bootstrap, file: string, bytes: Uint8Array) => void;
  /** Whether the bytes hold anything that only their owner may read. */
  readonly isConfidential: (bytes: Uint8Array) => boolean;
}

/** Bytes that many nodes share are searched once. */
const remembering = <Result>(search: (bytes: Uint8Array) => Result): ((bytes: Uint8Array) => Result) => {
  const results = new WeakMap<Uint8Array, { readonly result: Result }>();
  return (bytes) => {
    const before = results.get(bytes);
    if (before !== undefined) return before.result;
    const result = search(bytes);
    results.set(bytes, { result });
    return result;
  };
};

const forbiddenSearch = ({ values }: Secrets, bootstrap: Bootstrap): SecretSearch => {
  const allowed = SECRETS_BY_BOOTSTRAP[bootstrap];
  const innocent = allowed.map((name) => values[name]);
  return secretSearch(
    values,
    secretNames.filter((name) => !allowed.includes(name)),
    innocent,
  );
};

export const leakCheck = (secrets: Secrets): LeakCheck => {
  const search = (bootstrap: Bootstrap) => remembering(forbiddenSearch(secrets, bootstrap).find);
  const forbidden = {
    init: search("init"),
    "join-control-plane": search("join-control-plane"),
    "join-worker": search("join-worker"),
    "load-balancer": search("load-balancer"),
    none: search("none"),
  } satisfies Record<Bootstrap, unknown>;
  const closed = secretNames.filter((name) => !openToAll.has(name));
  // A private key has its public key inside.
  const open = [...openToAll].map((name) => secrets.values[name]);
  const confidential = secretSearch(secrets.values, closed, open);
  return {
    check: (bootstrap, file, bytes) => {
      const [secret] = forbidden[bootstrap](bytes);
      if (secret !== undefined) throw new SecretLeak(file, secret);
    },
    isConfidential: remembering((bytes) => confidential.find(bytes).length > 0),
  };
};

/** Searches every file of one node. Throws SecretLeak. */
export const checkTree = ({ check }: LeakCheck, bootstrap: Bootstrap, tree: FileTree): void => {
  for (const [path, { bytes }] of tree) check(bootstrap, path, bytes);
};
