// kubeadm's configuration as text, in the API version that the Kubernetes version takes. Owns which version that is; each renderer
// knows one version's form only.
import { toYamlStream } from "../yaml.ts";
import type { KubeadmInput } from "./input.ts";
import { initDocuments, joinDocument } from "./v1beta4.ts";

/** The minor versions that v1beta4 serves: 1.31 brought it, and `v1` is experimental up to 1.37. */
const isServed = (version: string): boolean => {
  const [, minor] = version.split(".");
  return Number(minor) >= 31;
};

const checkServed = ({ cluster }: KubeadmInput): void => {
  if (isServed(cluster.kubernetes.version)) return;
  throw new Error(`no renderer of kubeadm's configuration for Kubernetes ${cluster.kubernetes.version}`);
};

/** For `kubeadm init`: everything, the kubelet's and kube-proxy's configuration included. */
export const initText = (input: KubeadmInput): string => {
  checkServed(input);
  return toYamlStream(initDocuments(input));
};

/** For `kubeadm join`, of a worker or of a control plane. */
export const joinText = (input: KubeadmInput): string => {
  checkServed(input);
  return toYamlStream([joinDocument(input)]);
};
