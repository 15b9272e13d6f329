// What the API server encrypts before etcd stores it: https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/
import { toYaml } from "./yaml.ts";

/** On every master. `kubeadm reset` leaves it alone, and so does the agent when it erases what was staged: the API server reads it. */
export const encryptionFolder = "/etc/kubernetes/encryption";
export const encryptionPath = `${encryptionFolder}/configuration.yaml`;

/** The API server's EncryptionConfiguration. `key`: 32 bytes in base64. `identity` last, so that what lies there in clear can be read. */
export const encryptionConfiguration = (key: string): string =>
  toYaml({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [
      {
        resources: ["secrets"],
        providers: [{ secretbox: { keys: [{ name: "kimg", secret: key }] } }, { identity: {} }],
      },
    ],
  });
