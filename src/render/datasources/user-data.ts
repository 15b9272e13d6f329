// Any other platform that hands user-data to cloud-init: one text, which needs nothing beside it.
import type { Datasource } from "./datasource.ts";
import { userDataAlone } from "./platform-user-data.ts";

export const userDataOnly: Datasource = {
  name: "user-data",
  files: (seed) => [{ path: "user-data/user-data", bytes: userDataAlone(seed) }],
};
