// NoCloud's files on a FAT volume, for machines without a CD-ROM drive: cloud-hypervisor and Firecracker take it as a further disk.
import { createHash } from "node:crypto";
import { fatImage } from "../fat.ts";
import type { Datasource } from "./datasource.ts";
import { nocloudFiles, volume } from "./nocloud.ts";

export const nocloudVfat: Datasource = {
  name: "nocloud-vfat",
  files: (seed) => {
    const files = nocloudFiles(seed);
    // The instance-id in the meta-data changes with everything else.
    const volumeId = createHash("sha256").update(seed.metaData).digest().readUInt32LE();
    return [{ path: "nocloud.img", bytes: fatImage(volume, volumeId, files) }];
  },
};
