// An instance of Vultr: user-data is text inside of the meta-data's JSON, which nothing decodes (cloudinit/sources/DataSourceVultr.py). How much
// of it Vultr takes, https://www.vultr.com/api/#tag/instances does not say.
import type { Datasource } from "./datasource.ts";
import { userDataAlone } from "./platform-user-data.ts";

export const vultr: Datasource = {
  name: "vultr",
  files: (seed) => [{ path: "vultr/user-data", bytes: userDataAlone(seed) }],
};
