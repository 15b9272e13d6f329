// What can be wrong with the cluster's secrets and with what is signed by them.
import type { CodeEntries } from "./entry.ts";

export const trustCodes = {
  "certificate/authority-key": {
    meaning: "The cluster's CA has a key that kimg cannot sign with.",
    cure: "Use a CA with an RSA or ECDSA key; kubeadm takes no other either.",
    example: "the CA's key is neither RSA nor ECDSA",
  },
  "certificate/outlives-authority": {
    meaning: "A certificate would be good for longer than the CA that signs it.",
    cure: "Give a shorter `--ttl`, or renew the CA first.",
    example:
      "a certificate until 2040-01-01T00:00:00.000Z would outlive the cluster's CA, which ends 2036-01-01T00:00:00.000Z",
  },
  "kubeconfig/long-lived": {
    meaning: "Kubernetes asks nobody whether a client certificate was taken back: it is good until it ends.",
    cure: "Mint one for hours, as often as it is needed.",
    example: "warning: Kubernetes cannot take a client certificate back before it ends",
  },
  "kubeconfig/past-authorization": {
    meaning: "The group `system:masters` passes every authorizer: its members cannot be stopped by a role or binding.",
    cure: "Use `kubeadm:cluster-admins`, whose rights can be taken away.",
    example: "warning: members of system:masters may do everything, whatever the cluster's roles say",
  },
  "secrets/cannot-decrypt": {
    meaning:
      "The secrets file cannot be opened: the passphrase is wrong, the file is damaged, or it is encrypted to a key.",
    cure: "Try the passphrase again, or restore the file from your copy.",
    example: "cluster.secrets.yaml cannot be decrypted",
  },
  "secrets/cannot-rotate": {
    meaning: "This item cannot be made anew without making a new cluster, or it has no such name.",
    cure: "Take one of those that the hint lists.",
    example: "sa.key: every service account's token is signed with it and would stop working at once",
  },
  "secrets/changed": {
    meaning:
      "Somebody encrypted the secrets file, or put another cluster's in its place, between the time that a command read it and the time that it was to change it.",
    cure: "Run the command again: it has done nothing yet, and begins with the file as it is now.",
    example: "cluster.secrets.yaml was encrypted since this command has read it",
  },
  "secrets/exists": {
    meaning: "There is a secrets file already, and a second one would be the trust of another cluster.",
    cure: "Keep it. `--rotate ITEM` exchanges one item, `--encrypt` puts it under a passphrase.",
    example: "cluster.secrets.yaml exists and is never overwritten",
  },
  "secrets/invalid": {
    meaning:
      "The secrets file is not as kimg writes it: a value is missing, has another form, or a key does not belong to its certificate.",
    cure: "Restore it from your copy: nothing can make the same secrets again.",
    example: "cluster.secrets.yaml: values.ca.key does not belong to values.ca.crt",
  },
  "secrets/missing": {
    meaning: "Seeds and credentials are made with the cluster's secrets, and there are none.",
    cure: "`kimg secrets` makes them, once for each cluster; or name the file with `--secrets`.",
    example: "there is no secrets file cluster.secrets.yaml",
  },
  "secrets/no-passphrase": {
    meaning: "The secrets file is encrypted, and there is no terminal to ask for its passphrase on.",
    cure: "Set `KIMG_PASSPHRASE`, or give `--passphrase-file FILE`.",
    example: "a passphrase is needed to decrypt the secrets, and there is no terminal to ask on",
  },
  "secrets/open-to-others": {
    meaning: "Others than its owner may read or write the secrets file: whoever can read it owns the cluster.",
    cure: "`chmod 600` it. When others could have read it, make the cluster anew or rotate what can be.",
    example: "warning: cluster.secrets.yaml has mode 0644: others than its owner may use it",
  },
  "secrets/other-cluster": {
    meaning:
      "The secrets file belongs to a cluster of another name: two clusters that share their trust accept each other's machines.",
    cure: "Give each cluster a folder or a secrets file of its own.",
    example: 'cluster.secrets.yaml holds the secrets of "test", not of "prod"',
  },
} as const satisfies CodeEntries;
