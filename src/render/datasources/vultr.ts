// An instance of Vultr: user-data is text inside of the meta-data's JSON, which nothing decodes (cloudinit/sources/DataSourceVultr.py).
import type { Datasource } from "./datasource.ts";
import { userDataAlone } from "./platform-user-data.ts";

export const vultr: Datasource = {
  name: "vultr",
  files: (seed) => [{ path: "vultr/user-data", bytes: userDataAlone(seed) }],
};
