// The cluster's trust, made offline and once: authorities, keys, tokens, passwords. Owns how each item is made, read, renewed and
// kept; must not print a value, not even in an error.
import { didYouMean } from "../did-you-mean.ts";
import type { Io } from "../edge/io.ts";
import type { SecretName, Secrets } from "../model.ts";
import { makeAuthority } from "./authority.ts";
import { makeKeyPair } from "./keys.ts";
import { bootstrapToken, password } from "./random-text.ts";

type World = Pick<Io, "random" | "now">;

/** What stands on its own, so that it can be made anew without touching anything else. */
const independent = {
  "master-token": bootstrapToken,
  "worker-token": bootstrapToken,
  /** VRRP reads eight characters and no more (RFC 2338, section 5.3.10). */
  "vrrp-password": (io: World) => password(io, 8),
  "stats-password": (io: World) => password(io, 24),
} as const satisfies Partial<Record<SecretName, (io: World) => string>>;

type Independent = keyof typeof independent;

/** 32 bytes for the API server's `secretbox` provider, in base64. */
const encryptionKey = (io: World): string => Buffer.from(io.random(32)).toString("base64");

export const generateSecrets = async (io: World, cluster: string): Promise<Secrets> => {
  const authority = await makeAuthority(io, "kubernetes");
  const frontProxy = await makeAuthority(io, "front-proxy-ca");
  const etcd = await makeAuthority(io, "etcd-ca");
  const serviceAccount = makeKeyPair(io);
  return {
    version: 1,
    cluster,
    values: {
      "ca.crt": authority.certificate,
      "ca.key": authority.key,
      "front-proxy-ca.crt": frontProxy.certificate,
      "front-proxy-ca.key": frontProxy.key,
      "etcd-ca.crt": etcd.certificate,
      "etcd-ca.key": etcd.key,
      "sa.pub": serviceAccount.publicKey,
      "sa.key": serviceAccount.privateKey,
      "master-token": independent["master-token"](io),
      "worker-token": independent["worker-token"](io),
      "encryption-key": encryptionKey(io),
      "vrrp-password": independent["vrrp-password"](io),
      "stats-password": independent["stats-password"](io),
    },
  };
};

const authorityReason =
  "every certificate of the running cluster hangs on it, so a new one cuts off each node that has the old; " +
  "make a new cluster, or exchange it by hand as kubeadm's documentation on manual CA rotation says";

/** Items that cannot be exchanged alone, with the reason. */
const refusals: Readonly<Record<Exclude<SecretName, Independent>, string>> = {
  "ca.crt": authorityReason,
  "ca.key": authorityReason,
  "front-proxy-ca.crt": authorityReason,
  "front-proxy-ca.key": authorityReason,
  "etcd-ca.crt": authorityReason,
  "etcd-ca.key": authorityReason,
  "sa.pub": "every service account's token is signed with it and would stop working at once",
  "sa.key": "every service account's token is signed with it and would stop working at once",
  "encryption-key": "what the masters have encrypted with the old key could not be read any more",
};

/** What `--rotate` takes: `token` stands for both tokens. */
export const rotatableItems: readonly string[] = ["token", ...Object.keys(independent)];

export type Rotation = { readonly items: readonly Independent[] } | { readonly refused: string };

const isIndependent = (name: string): name is Independent => Object.hasOwn(independent, name);

/** The items that a name given to `--rotate` stands for, or why it cannot be. */
export const planRotation = (name: string): Rotation => {
  if (name === "token") return { items: ["master-token", "worker-token"] };
  if (isIndependent(name)) return { items: [name] };
  if (Object.hasOwn(refusals, name)) return { refused: `${name}: ${refusals[name as keyof typeof refusals]}` };
  return { refused: `there is no secret "${name}"${didYouMean(name, rotatableItems)}` };
};

export const rotateSecrets = (io: World, secrets: Secrets, items: readonly Independent[]): Secrets => ({
  ...secrets,
  values: { ...secrets.values, ...Object.fromEntries(items.map((item) => [item, independent[item](io)])) },
});
