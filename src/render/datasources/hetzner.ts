// A server of Hetzner Cloud, whose user-data is text; cloud-init decodes base64 there (cloudinit/sources/helpers/hetzner.py).
import type { Datasource } from "./datasource.ts";
import { inBase64, textAndCompressed, userDataAlone } from "./platform-user-data.ts";

/** Bytes of the field, whatever is in it: https://docs.hetzner.cloud/reference/cloud#servers-create-a-server, `user_data`. */
const limit = 32_768;

export const hetzner: Datasource = {
  name: "hetzner",
  files: (seed) =>
    textAndCompressed(seed, userDataAlone(seed), {
      path: "hetzner/user-data",
      limit,
      what: "user-data in base64",
      counted: inBase64,
      compressed: "base64",
    }),
};
