// The user's own settings of containerd, as a file beside the image's own: /etc/containerd/conf.d/*.toml is imported by it.
import { stringify } from "smol-toml";
import type { Node } from "../model.ts";
import { mergeOver } from "../resolve/merge.ts";

/**
 * Undefined without settings. containerd 1 reads version 2 of its configuration and containerd 2 version 3; a file that names no version
 * is passed over in silence. The supply's containerd is version 2, the distribution's own is 1.
 */
export const containerdDropIn = ({ role, passThrough }: Node): string | undefined => {
  const settings = mergeOver({}, passThrough.containerd);
  if (Object.keys(settings).length === 0) return undefined;
  const version = role.components.includes("containerd") ? 3 : 2;
  return `${stringify({ version, ...settings }).trimEnd()}\n`;
};
