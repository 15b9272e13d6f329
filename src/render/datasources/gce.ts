// An instance of Google Compute Engine: its attribute `user-data`, text, or base64 where `user-data-encoding` says so. cloud-init hands
// other attributes on to nobody (cloudinit/sources/DataSourceGCE.py, read_md).
import type { Datasource } from "./datasource.ts";
import { utf8 } from "../bytes.ts";
import { inBase64, textAndCompressed, userDataAlone } from "./platform-user-data.ts";

/** Bytes of one value: https://cloud.google.com/compute/docs/metadata/setting-custom-metadata#limitations. All together may have twice as much. */
const limit = 262_144;

export const gce: Datasource = {
  name: "gce",
  files: (seed) => [
    ...textAndCompressed(seed, userDataAlone(seed), {
      path: "gce/user-data",
      limit,
      what: "the attribute user-data in base64",
      counted: inBase64,
      compressed: "base64",
    }),
    { path: "gce/user-data-encoding", bytes: utf8("base64") },
  ],
};
