// A virtual machine of Azure: its custom data. `az vm create --custom-data` takes text; templates and the API take base64.
import type { Datasource } from "./datasource.ts";
import { textAndCompressed, userDataAlone } from "./platform-user-data.ts";

/** Bytes before base64: https://learn.microsoft.com/javascript/api/@azure/arm-compute/osprofileprovisioningdata, `customData`. */
const limit = 65_535;

export const azure: Datasource = {
  name: "azure",
  files: (seed) =>
    textAndCompressed(seed, userDataAlone(seed), {
      path: "azure/custom-data",
      limit,
      what: "custom data",
      compressed: "base64",
    }),
};
