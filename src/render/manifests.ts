// What the agent of the node that made the cluster applies to it.
import { type Cluster, networkPluginManifest } from "../model.ts";
import { flannelManifest } from "./flannel.ts";

/** File name → text, in the order in which they are applied. */
export const manifestTexts = ({ network, manifests }: Cluster): Readonly<Record<string, string>> => ({
  ...(network.cni === "flannel" ? { [networkPluginManifest]: flannelManifest(network) } : {}),
  ...Object.fromEntries(manifests.map(({ name, text }) => [name, text])),
});
