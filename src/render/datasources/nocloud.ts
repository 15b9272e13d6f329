// NoCloud: three files in a folder or on a small drive (https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html).
// libvirt's virt-install and others that make the drive themselves take the files.
import { iso9660 } from "../iso9660.ts";
import { utf8 } from "../bytes.ts";
import type { Datasource, Seed } from "./datasource.ts";

/** cloud-init looks for a volume of this name. */
export const volume = "CIDATA";

export const nocloudFiles = ({ metaData, networkConfig, userData }: Seed) => [
  { name: "meta-data", bytes: utf8(metaData) },
  { name: "network-config", bytes: utf8(networkConfig) },
  { name: "user-data", bytes: userData },
];

export const nocloud: Datasource = {
  name: "nocloud",
  files: (seed) => {
    const files = nocloudFiles(seed);
    const image = iso9660(
      volume,
      files.map((file) => ({ ...file, mode: 0o400 })),
    );
    return [
      ...files.map(({ name, bytes }) => ({ path: `nocloud/${name}`, bytes })),
      { path: "nocloud.iso", bytes: image },
    ];
  },
};
