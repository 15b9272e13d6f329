// Proxmox VE makes NoCloud's drive itself, from snippets that `qm set ID --cicustom` names. All of a storage's snippets lie in one folder.
import type { Datasource } from "./datasource.ts";
import { nocloudFiles } from "./nocloud.ts";

const kinds = { "meta-data": "meta", "network-config": "network", "user-data": "user" } as const;

export const proxmox: Datasource = {
  name: "proxmox",
  files: (seed) =>
    nocloudFiles(seed).map(({ name, bytes }) => ({
      path: `proxmox/${seed.cluster}-${seed.node.name}-${kinds[name as keyof typeof kinds]}.yaml`,
      bytes,
    })),
};
