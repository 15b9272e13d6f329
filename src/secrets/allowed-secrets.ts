// Which secret may lie on which node: the one table of it. The library checks what a role asks for against it, and render checks
// every byte that it made.
import type { Bootstrap, SecretName } from "../model.ts";

export const secretNames = [
  "ca.crt",
  "ca.key",
  "front-proxy-ca.crt",
  "front-proxy-ca.key",
  "etcd-ca.crt",
  "etcd-ca.key",
  "sa.pub",
  "sa.key",
  "master-token",
  "worker-token",
  "encryption-key",
  "vrrp-password",
  "stats-password",
] as const satisfies readonly SecretName[];

/** What every master holds to make its own certificates and to read what etcd stores. */
const controlPlane = [
  "ca.crt",
  "ca.key",
  "front-proxy-ca.crt",
  "front-proxy-ca.key",
  "etcd-ca.crt",
  "etcd-ca.key",
  "sa.pub",
  "sa.key",
  "master-token",
  "encryption-key",
] as const satisfies readonly SecretName[];

/** Only the init node makes the worker token known to the cluster; no other master needs it. */
export const SECRETS_BY_BOOTSTRAP: Readonly<Record<Bootstrap, readonly SecretName[]>> = {
  init: [...controlPlane, "worker-token"],
  "join-control-plane": controlPlane,
  "join-worker": ["ca.crt", "worker-token"],
  "load-balancer": ["ca.crt", "vrrp-password", "stats-password"],
  none: [],
};
